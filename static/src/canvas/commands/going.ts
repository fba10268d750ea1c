// Going to a step: the one that failed, and the address of one.
import type { Action } from '../actions';
import { chosen, type Board } from '../board';
import { layers } from '../order';
import { show } from '../show';

// The first in the order in which steps run.
function failed({ graph: g, statuses }: Board): number {
  const all = [...g.nodes.keys()].filter((i) => statuses.of(g.nodes[i]!.id)?.status === 'failed');
  if (all.length < 2) return all[0] ?? -1;
  const rank = layers(g);
  return all.sort((a, b) => rank[a]! - rank[b]! || a - b)[0]!;
}

// The message is on the card: it must be a size at which it can be read.
function goFailed(b: Board) {
  const i = failed(b);
  show(b, i);
  if (b.view.blocks()) b.view.fit(b.graph.box(i));
}

function link(b: Board) {
  const to = new URL(location.href);
  to.hash = `node=${encodeURIComponent(b.graph.nodes[chosen(b)]!.id)}`;
  b.write(to.href);
  b.say('Link to the step copied.');
}

/** goingCommands returns the actions that lead to a step. */
export function goingCommands(): Action[] {
  return [
    { id: 'go-failed', name: 'Go to failed step', label: 'Go to the first step that failed', group: 'Step', keys: ['E'], menu: ['canvas'], enabled: (b) => failed(b) >= 0, perform: goFailed },
    { id: 'copy-link', name: 'Copy link to step', label: 'Copy the address of the step', group: 'Step', keys: [], menu: ['node'], enabled: (b) => chosen(b) >= 0, perform: link },
  ];
}
