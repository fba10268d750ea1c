// Actions about frames and sizes: group, ungroup, resize by keys.
import type { Action } from '../actions';
import { picked, type Board } from '../board';
import { withInner } from '../clipboard';
import { labelOf } from '../document';
import { grouping, parented, ungrouping } from '../frames';
import { GRID } from '../geometry';
import { outermost } from '../outermost';
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

// By keys the frame is chosen from a list; a pointer just drops steps into it.
function into(b: Board) {
  const g = b.graph, places = outermost(g, picked(b)), own = new Set(withInner(g, places));
  const put = (frame: number, name: string) => ({
    name,
    perform: () => {
      const taken = parented(b, places, frame);
      if (taken) b.store.apply({ nodes: taken }, frame < 0 ? 'Take out of the frame' : 'Put into a frame');
      b.say(frame < 0 ? `${stepsOf(places.length)} taken out.` : `${stepsOf(places.length)} put into ${name}.`);
    },
  });
  const all = [...g.nodes.keys()].filter((i) => g.frame[i] && !own.has(i) && g.shell[i]! < 0);
  const list = all.map((i) => put(i, labelOf(g.nodes[i]!)));
  if (places.some((i) => g.parent[i]! >= 0)) list.push(put(-1, 'No frame'));
  if (list.length) b.choose('Put into a frame', list);
  else b.say('There is no frame to put this into.');
}

/** framesCommands returns the actions about frames and sizes. */
export function framesCommands(): Action[] {
  const anyNode = (b: Board) => b.store.selection().nodes.length > 0;
  const ways: [string, string, number, number, string][] = [
    ['ArrowRight', 'Wider', GRID, 0, 'Alt+arrow keys'], ['ArrowLeft', 'Narrower', -GRID, 0, ''], ['ArrowDown', 'Taller', 0, GRID, ''], ['ArrowUp', 'Shorter', 0, -GRID, ''],
  ];
  return [
    { id: 'group', name: 'Group', label: 'Group the selection into a frame', group: 'Edit', keys: ['Mod+G'], menu: ['node'], writes: true, enabled: anyNode, perform: group },
    { id: 'ungroup', name: 'Ungroup', label: 'Take the frame away and leave what is in it', group: 'Edit', keys: ['Mod+Shift+G'], menu: ['node'], hides: true, writes: true, enabled: (b) => frames(b).length > 0, perform: ungroup },
    { id: 'into-frame', name: 'Put into a frame…', label: 'Put the selection into a frame, or take it out', group: 'Edit', keys: ['Shift+G'], menu: ['node'], hides: true, writes: true, enabled: (b) => anyNode(b) && b.graph.frame.includes(1), perform: into },
    ...ways.map(([key, name, dx, dy, sheet]): Action => ({ id: `resize-${name.toLowerCase()}`, name, label: 'Resize the selection by one grid step', group: 'Move', keys: [`Alt+${key}`], sheet, writes: true, enabled: anyNode, perform: (b) => resize(b, picked(b), dx, dy) })),
  ];
}
