// Nodes whose frame moves with them need no move of their own.
import type { Graph } from './graph';

/** outermost leaves out nodes whose frame is among them: they move with it. */
export function outermost(g: Graph, places: readonly number[]): number[] {
  const all = new Set(places);
  const inside = (i: number) => {
    for (let p = g.parent[i]!; p >= 0; p = g.parent[p]!) if (all.has(p)) return true;
    return false;
  };
  return [...all].filter((i) => !inside(i));
}
