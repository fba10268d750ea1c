// Taking steps out of a graph and joining what they connected.
import { newId, type RFEdge } from './document';
import type { Graph } from './graph';
import { accepts } from './spec';

interface Span { s: number; sp: number; t: number; tp: number }

/** What joining gives: the new edges, and how many outgoing connections could not be replaced. */
export interface Bridged { edges: RFEdge[]; lost: number }

/** bridged returns the edges that join the neighbours of nodes that go. Each
 * connection that a lost node fed is fed by what the node itself was fed by, when
 * the types fit: one source for a single input, all that fit for a multiple one. */
export function bridged(g: Graph, gone: readonly number[], taken: (id: string) => boolean): Bridged {
  let spans = touching(g, gone);
  const lostNodes = new Set(gone), fed = new Set(spans.filter((e) => lostNodes.has(e.s) && !lostNodes.has(e.t)).map(goal));
  for (const n of gone) spans = without(g, spans, n);
  const edges = spans.filter((e) => !lostNodes.has(e.s) && !lostNodes.has(e.t) && !present(g, e));
  const kept = new Set(spans.filter((e) => !lostNodes.has(e.s)).map(goal));
  const ids = new Set<string>();
  return {
    edges: edges.map((e) => {
      const id = newId('e_', (x) => ids.has(x) || taken(x));
      ids.add(id);
      return { id, source: g.nodes[e.s]!.id, target: g.nodes[e.t]!.id, sourceHandle: g.ports(e.s, 'out')[e.sp]!.name || null, targetHandle: g.ports(e.t, 'in')[e.tp]!.name || null };
    }),
    lost: [...fed].filter((k) => !kept.has(k)).length,
  };
}

const goal = (e: Span) => `${e.t} ${e.tp}`;

function touching(g: Graph, gone: readonly number[]): Span[] {
  const all = new Set<number>();
  for (const n of gone) for (const k of g.edgesOf(n)) if (g.drawn(k)) all.add(k);
  return [...all].sort((a, b) => g.tp[a]! - g.tp[b]! || a - b).map((k) => ({ s: g.es[k]!, sp: g.ep[k]!, t: g.et[k]!, tp: g.tp[k]! }));
}

// The spans after one node is gone: each way through it becomes one.
function without(g: Graph, spans: readonly Span[], n: number): Span[] {
  const rest = spans.filter((e) => e.s !== n && e.t !== n);
  const ins = spans.filter((e) => e.t === n && e.s !== n), outs = spans.filter((e) => e.s === n && e.t !== n);
  for (const o of outs) {
    const to = g.ports(o.t, 'in')[o.tp]!;
    const type = (e: Span) => g.ports(e.s, 'out')[e.sp]!.type;
    const fits = ins.filter((i) => i.s !== o.t && accepts(to.type, type(i)));
    const best = fits.find((i) => type(i) === to.type) ?? fits[0];
    for (const i of to.multiple ? fits : best ? [best] : []) {
      const span = { s: i.s, sp: i.sp, t: o.t, tp: o.tp };
      if (!rest.some((e) => e.s === span.s && e.sp === span.sp && goal(e) === goal(span))) rest.push(span);
    }
  }
  return rest;
}

function present(g: Graph, e: Span): boolean {
  return g.edgesOf(e.s).some((k) => g.es[k] === e.s && g.ep[k] === e.sp && g.et[k] === e.t && g.tp[k] === e.tp);
}
