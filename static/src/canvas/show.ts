// Selecting a step and bringing it into view.
import { pickOnly, type Board } from './board';
import { isOn, labelOf, withData } from './document';

/** show selects a node and brings it into view. */
export function show(b: Board, i: number) {
  if (i < 0) return;
  unfold(b, i);
  pickOnly(b, [i]);
  b.view.raise([i]);
  b.view.reveal(b.graph.box(i));
  if (b.view.blocks()) b.say(`${labelOf(b.graph.nodes[i]!)}, ${i + 1} of ${b.graph.nodes.length}`);
}

// What is hidden in collapsed frames is shown by expanding them.
function unfold(b: Board, i: number) {
  const g = b.graph;
  if (g.shell[i]! < 0 || b.readOnly) return;
  const update: Record<string, ReturnType<typeof withData>> = {};
  for (let p = g.parent[i]!; p >= 0; p = g.parent[p]!) {
    const n = g.nodes[p]!;
    if (isOn(n, 'collapsed')) update[n.id] = withData(n, { collapsed: false });
  }
  b.store.apply({ nodes: { update } }, 'Expand frame');
}
