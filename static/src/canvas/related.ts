// Which edges stand out because a node at their end is selected or under the pointer.
import type { Graph } from './graph';

/** With more selected nodes or edges than this nothing stands out: it would only cost. */
const MOST_NODES = 100, MOST_EDGES = 600;

/** related returns the edges at the node under the pointer, else at the selected ones. */
export function related(g: Graph, hovered: number, selected: readonly string[]): number[] {
  const at = hovered >= 0 && hovered < g.nodes.length ? [hovered] : selected.length > MOST_NODES ? [] : selected.map((id) => g.at(id)).filter((i) => i >= 0);
  const edges = new Set<number>();
  for (const i of at) {
    for (const k of g.edgesOf(i)) if (g.drawn(k)) edges.add(k);
    if (edges.size > MOST_EDGES) return [];
  }
  return [...edges];
}
