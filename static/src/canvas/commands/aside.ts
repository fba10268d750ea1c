// Actions that put steps aside: disable, pin, collapse.
import type { Action } from '../actions';
import { picked, type Board } from '../board';
import type { Diff } from '../diff';
import { isOn, labelOf, withData, type RFNode } from '../document';
import { stepsOf } from '../tools/drag';

const steps = (b: Board) => picked(b).filter((i) => !b.graph.frame[i] && !b.graph.note[i]);
const foldable = (b: Board) => picked(b).filter((i) => !b.graph.note[i]);

/** toggling returns the change that switches a member of the data on for all, or off when it is on for all. */
function toggling(nodes: readonly RFNode[], key: 'disabled' | 'collapsed'): { on: boolean; diff: Diff } {
  const on = !nodes.every((n) => isOn(n, key));
  const update = Object.fromEntries(nodes.map((n) => {
    const data: Record<string, unknown> = { ...withData(n, {}).data, [key]: true };
    if (!on) delete data[key];
    return [n.id, { data }];
  }));
  return { on, diff: { nodes: { update } } };
}

function toggle(b: Board, places: readonly number[], key: 'disabled' | 'collapsed', words: [string, string]) {
  const nodes = places.map((i) => b.graph.nodes[i]!), { on, diff } = toggling(nodes, key), [yes, no] = words;
  const what = nodes.length === 1 ? labelOf(nodes[0]!) : stepsOf(nodes.length);
  b.store.apply(diff, `${on ? yes : no} ${stepsOf(nodes.length)}`);
  b.say(`${what}: ${(on ? yes : no).toLowerCase()}d.`);
}

/** asideCommands returns the actions that put steps aside. */
export function asideCommands(): Action[] {
  return [
    { id: 'disable', name: 'Disable or enable', label: 'Disable or enable the step: its only input passes through, else it is skipped', group: 'Step', keys: ['D'], menu: ['node'], hides: true, writes: true, enabled: (b) => steps(b).length > 0, perform: (b) => toggle(b, steps(b), 'disabled', ['Disable', 'Enable']) },
    { id: 'pin', name: 'Pin or unpin the output', label: 'Pin the last output, so that runs use it; or unpin it', group: 'Step', keys: ['P'], menu: ['node'], hides: true, writes: true, enabled: (b) => steps(b).length > 0,
      perform: (b) => void b.view.stage.dispatchEvent(new CustomEvent('heddle:pin', { bubbles: true, detail: steps(b).map((i) => b.graph.nodes[i]!.id) })) },
    { id: 'collapse', name: 'Collapse or expand', label: 'Collapse the step or frame to its header, or expand it', group: 'Step', keys: ['Alt+C'], menu: ['node'], hides: true, writes: true, enabled: (b) => foldable(b).length > 0, perform: (b) => toggle(b, foldable(b), 'collapsed', ['Collapse', 'Expand']) },
  ];
}
