// Actions about frames and sizes: group, ungroup, resize by keys.
import type { Action } from '../actions';
import { picked, type Board } from '../board';
import { grouping, ungrouping } from '../frames';
import { GRID } from '../geometry';
import { resize } from '../size';
import { stepsOf } from '../tools/drag';

const frames = (b: Board) => picked(b).filter((i) => b.graph.frame[i] && b.graph.nodes[i]!.type === 'group');

function group(b: Board) {
  const made = grouping(b, picked(b));
  if (!made) return;
  b.store.apply(made.diff, `Group ${stepsOf(made.count)}`, { select: { nodes: [made.id], edges: [] } });
  b.say(`${stepsOf(made.count)} grouped into a frame. Press F2 to name it.`);
}

function ungroup(b: Board) {
  const places = frames(b), { diff, ids } = ungrouping(b.graph, places);
  b.store.apply(diff, 'Ungroup', { select: { nodes: ids, edges: [] } });
  b.say(`${stepsOf(ids.length)} ungrouped.`);
}

/** framesCommands returns the actions about frames and sizes. */
export function framesCommands(): Action[] {
  const anyNode = (b: Board) => b.store.selection().nodes.length > 0;
  const ways: [string, string, number, number, string][] = [
    ['ArrowRight', 'Wider', GRID, 0, 'Alt+arrow keys'], ['ArrowLeft', 'Narrower', -GRID, 0, ''], ['ArrowDown', 'Taller', 0, GRID, ''], ['ArrowUp', 'Shorter', 0, -GRID, ''],
  ];
  return [
    { id: 'group', name: 'Group', label: 'Group the selection into a frame', group: 'Edit', keys: ['Mod+G'], menu: ['node'], writes: true, enabled: anyNode, perform: group },
    { id: 'ungroup', name: 'Ungroup', label: 'Take the frame away and leave what is in it', group: 'Edit', keys: ['Mod+Shift+G'], menu: ['node'], writes: true, enabled: (b) => frames(b).length > 0, perform: ungroup },
    ...ways.map(([key, name, dx, dy, sheet]): Action => ({ id: `resize-${name.toLowerCase()}`, name, label: 'Resize the selection by one grid step', group: 'Move', keys: [`Alt+${key}`], sheet, writes: true, enabled: anyNode, perform: (b) => resize(b, picked(b), dx, dy) })),
  ];
}
