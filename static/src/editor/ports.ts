// Which inputs of a step a connection feeds, and what the form of a step depends on.
import { inputsFor, labelOf, type Canvas, type RFNode, type Spec } from '../canvas/main';

/** connectedPorts returns the names of the input ports that an edge feeds. */
export function connectedPorts(canvas: Canvas, node: RFNode, spec: Spec | undefined): string[] {
  const first = spec ? inputsFor(spec, node.data)[0]?.name ?? '' : '';
  const out = new Set<string>();
  for (const e of canvas.store.doc().edges) if (e?.target === node.id) out.add(e.targetHandle || first);
  return [...out].filter(Boolean).sort();
}

/** A step that feeds an input port. */
export interface Source { port: string; node: string; label: string }

/** sourcesOf returns what feeds the input ports of a step, in the order of the edges. */
export function sourcesOf(canvas: Canvas, node: RFNode, spec: Spec | undefined): Source[] {
  const first = spec ? inputsFor(spec, node.data)[0]?.name ?? '' : '';
  return canvas.store.doc().edges.flatMap((e) => {
    const from = e?.target === node.id ? canvas.store.node(e.source) : undefined;
    return from && (e!.targetHandle || first) ? [{ port: e!.targetHandle || first, node: from.id, label: labelOf(from) }] : [];
  });
}

/** formKey changes when the server must look at the form again: with the step's kind, its data, and what feeds it. */
export function formKey(node: RFNode, sources: readonly Source[], connected: readonly string[]): string {
  return JSON.stringify([node.id, node.type, connected, sources, node.data]);
}
