// Putting a step into a connection: which of its ports fit, and the change that does it.
import type { Diff } from './diff';
import { newId, type RFEdge } from './document';
import type { Graph } from './graph';
import { accepts, defaults, inputsFor, outputsFor, type Port, type PortType, type Spec } from './spec';

/** The ports through which a connection would run, as places in ins and outs. */
export interface Splice { into: number; out: number }

// A port of the very same type is better than one that takes anything.
function fitting(ports: readonly Port[], type: PortType, fits: (p: Port) => boolean): number {
  const same = ports.findIndex((p) => p.type === type && fits(p));
  return same >= 0 ? same : ports.findIndex(fits);
}

/** through returns how a value of one port gets through a step to another; null when the types do not fit. */
export function through(from: Port, to: Port, ins: readonly Port[], outs: readonly Port[]): Splice | null {
  const into = fitting(ins, from.type, (p) => accepts(p.type, from.type));
  const out = fitting(outs, to.type, (p) => p.name !== 'error' && accepts(to.type, p.type));
  return into < 0 || out < 0 ? null : { into, out };
}

/** spliceOf returns how a step without connections fits into an edge, or null. */
export function spliceOf(g: Graph, edge: number, node: number): Splice | null {
  const s = g.es[edge]!, t = g.et[edge]!;
  if (!g.drawn(edge) || s === node || t === node || g.frame[node] || g.edgesOf(node).length) return null;
  const from = g.ports(s, 'out')[g.ep[edge]!], to = g.ports(t, 'in')[g.tp[edge]!];
  return from && to ? through(from, to, g.ports(node, 'in'), g.ports(node, 'out')) : null;
}

/** splicing returns the change that leads an edge through a step: the edge now ends there, a new one goes on. */
export function splicing(e: RFEdge, node: string, into: Port, out: Port, taken: (id: string) => boolean): Diff {
  const on: RFEdge = { id: newId('e_', taken), source: node, target: e.target, sourceHandle: out.name || null, targetHandle: e.targetHandle ?? null };
  return { edges: { update: { [e.id]: { target: node, targetHandle: into.name || null } }, put: [on] } };
}

/** A kind that fits into an edge, with the data and ports of a new step. */
export interface Candidate { spec: Spec; into: Port; out: Port }

/** candidates returns the kinds whose new steps fit into an edge. */
export function candidates(g: Graph, edge: number, specs: readonly Spec[]): Candidate[] {
  const from = g.ports(g.es[edge]!, 'out')[g.ep[edge]!], to = g.ports(g.et[edge]!, 'in')[g.tp[edge]!];
  if (!from || !to) return [];
  return specs.flatMap((spec) => {
    const data = defaults(spec, spec.title), ins = inputsFor(spec, data), outs = outputsFor(spec, data);
    const s = through(from, to, ins, outs);
    return s ? [{ spec, into: ins[s.into]!, out: outs[s.out]! }] : [];
  });
}
