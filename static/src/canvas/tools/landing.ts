// Where a dragged step would be taken in: the connection under it, if its types fit.
import type { Board } from '../board';
import type { Diff } from '../diff';
import { labelOf, type Point } from '../document';
import { spliceOf, splicing } from '../splice';

/** How near to the middle of the card a connection must run, in document pixels. */
const REACH = 36;

/** landing returns the edge that a step without connections would be put into here, or -1. */
export function landing(b: Board, node: number, pointer: Point): number {
  const g = b.graph, { view } = b;
  if (g.frame[node] || g.edgesOf(node).length) return -1;
  const middle = { x: g.x[node]! + g.w[node]! / 2, y: g.y[node]! + g.h[node]! / 2 };
  const hit = view.hitEdge(pointer) ?? view.hitEdge(middle, REACH * view.cam.z);
  return hit && spliceOf(g, hit.edge, node) ? hit.edge : -1;
}

/** landed returns the change of the edges that takes a step in, and what to say. */
export function landed(b: Board, node: number, edge: number): { diff: Diff; said: string } | null {
  const g = b.graph, s = spliceOf(g, edge, node), record = g.edges[edge];
  if (!s || !record) return null;
  const n = g.nodes[node]!, into = g.ports(node, 'in')[s.into]!, out = g.ports(node, 'out')[s.out]!;
  const said = `${labelOf(n)} inserted between ${labelOf(g.nodes[g.es[edge]!]!)} and ${labelOf(g.nodes[g.et[edge]!]!)}.`;
  return { diff: splicing(record, n.id, into, out, (id) => b.store.has(id)), said };
}
