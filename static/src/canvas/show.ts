// Selecting a step and bringing it into view.
import { pickOnly, type Board } from './board';
import { labelOf } from './document';

/** show selects a node and brings it into view. */
export function show(b: Board, i: number) {
  if (i < 0) return;
  pickOnly(b, [i]);
  b.view.raise([i]);
  b.view.reveal(b.graph.box(i));
  if (b.view.blocks()) b.say(`${labelOf(b.graph.nodes[i]!)}, ${i + 1} of ${b.graph.nodes.length}`);
}
