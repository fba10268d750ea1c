// Which inputs of a step a connection feeds, and what the form of a step depends on.
import { inputsFor, names, type Canvas, type RFNode, type Spec } from '../canvas/main';

/** connectedPorts returns the names of the input ports that an edge feeds. */
export function connectedPorts(canvas: Canvas, node: RFNode, spec: Spec | undefined): string[] {
  const first = spec ? inputsFor(spec, node.data)[0]?.name ?? '' : '';
  const out = new Set<string>();
  for (const e of canvas.store.doc().edges) if (e?.target === node.id) out.add(e.targetHandle || first);
  return [...out].filter(Boolean).sort();
}

/** formKey changes when the server must draw the form again: kind, connections, provider, model, picture, or the set of {{names}}. */
export function formKey(node: RFNode, spec: Spec | undefined, connected: readonly string[]): string {
  const data = (node.data ?? {}) as Record<string, unknown>;
  const marks = (spec?.fields ?? []).filter((f) => f.template).map((f) => names(typeof data[f.key] === 'string' ? (data[f.key] as string) : String(f.default ?? '')));
  const pictures = (spec?.fields ?? []).filter((f) => f.widget === 'image').map((f) => data[f.key]);
  return JSON.stringify([node.id, node.type, connected, data.provider, data.model, marks, pictures]);
}
