// The actions of the canvas, as data. One entry here is a shortcut, a menu item and a line of help.
import type { Action, Place } from './actions';
import { chosen, idsOf, pickOnly, picked, type Board } from './board';
import { choices } from './choices';
import { clip, insertion, parse, text } from './clipboard';
import { addingCommands } from './commands/adding';
import { asideCommands } from './commands/aside';
import { framesCommands } from './commands/frames';
import { goingCommands } from './commands/going';
import { notesCommands } from './commands/notes';
import { partCommands } from './commands/part';
import type { Changes } from './diff';
import { arrangeCommands } from './commands/arrange';
import { linkCommands } from './commands/link';
import type { Point } from './document';
import { GRID, nearest, touches, union, type Box, type Direction } from './geometry';
import { pasteText } from './material';
import { show } from './show';
import { movement, outermost, stepsOf } from './tools/drag';

export { show };

const anything = (b: Board) => b.store.selection().nodes.length + b.store.selection().edges.length > 0;
const anyNode = (b: Board) => b.store.selection().nodes.length > 0;
const hasNodes = (b: Board) => b.graph.nodes.length > 0;
const onNode: Place[] = ['node'];

/** remove deletes the selection with what is inside its frames and all their edges, as one step. */
function remove(b: Board) {
  const { graph: g, store } = b, s = store.selection();
  const nodes = clip(g, s)?.nodes.map((n) => n.id) ?? [];
  const edges = new Set(s.edges);
  for (const id of nodes) for (const k of g.edgesOf(g.at(id))) edges.add(g.edges[k]!.id);
  store.apply({ nodes: { remove: nodes }, edges: { remove: [...edges] } }, 'Delete', { select: { nodes: [], edges: [] } });
  b.view.stage.focus({ preventScroll: true });
  b.say(`Deleted ${[nodes.length && stepsOf(nodes.length), edges.size && (edges.size === 1 ? '1 connection' : `${edges.size} connections`)].filter(Boolean).join(' and ')}.`);
}

/** copy puts the selection on the clipboard. */
export function copy(b: Board): string | null {
  const c = clip(b.graph, b.store.selection());
  if (!c) return null;
  b.say(`Copied ${stepsOf(c.nodes.length)}.`);
  return text(c);
}

/** cut copies and then deletes. */
export function cut(b: Board): string | null {
  const out = copy(b);
  if (out) remove(b);
  return out;
}

/** paste adds what the text holds at the pointer, else beside where it came from; false when it
 * holds no graph. linked keeps the connections that led into the copied steps. */
export function paste(b: Board, from: string, linked = false): boolean {
  const c = parse(from);
  if (!c) return false;
  const { diff, select } = insertion(c, offset(b, c), (id) => b.store.has(id), (source) => linked && b.graph.at(source) >= 0);
  b.store.apply(diff, `Paste ${stepsOf(c.nodes.length)}`, { select });
  b.view.raise(picked(b));
  const led = (diff.edges?.put?.length ?? 0) - c.edges.length;
  b.say(`Pasted ${stepsOf(c.nodes.length)}${led > 0 ? ` with ${led === 1 ? '1 connection' : `${led} connections`} from before` : ''}.`);
  return true;
}

type Clipped = NonNullable<ReturnType<typeof clip>>;

// The middle of what is pasted goes under the pointer; a place that is taken moves on by 24.
function offset(b: Board, c: Clipped): Point {
  const at = b.pointer();
  const outer = c.nodes.filter((n) => !n.parentId);
  const first = (outer[0] ?? c.nodes[0]!).position;
  let by: Point = { x: 24, y: 24 };
  if (at) {
    const xs = outer.map((n) => n.position.x), ys = outer.map((n) => n.position.y);
    const low = { x: Math.min(...xs), y: Math.min(...ys) }, high = { x: Math.max(...xs) + 256, y: Math.max(...ys) + 160 };
    by = { x: Math.round(at.x - (low.x + high.x) / 2), y: Math.round(at.y - (low.y + high.y) / 2) };
  }
  const { x, y } = b.graph;
  while (x.some((v, i) => Math.abs(v - first.x - by.x) < 2 && Math.abs(y[i]! - first.y - by.y) < 2)) by = { x: by.x + 24, y: by.y + 24 };
  return by;
}

function duplicate(b: Board) {
  const c = clip(b.graph, b.store.selection());
  if (!c) return;
  const { diff, select } = insertion(c, { x: 24, y: 24 }, (id) => b.store.has(id));
  b.store.apply(diff, `Duplicate ${stepsOf(c.nodes.length)}`, { select });
  b.view.raise(picked(b));
}

/** travel undoes or redoes, says so, and pans to the change when it is out of view. */
function travel(b: Board, how: 'undo' | 'redo') {
  const label = how === 'undo' ? b.store.undoLabel : b.store.redoLabel;
  const changes = how === 'undo' ? b.store.undo() : b.store.redo();
  if (!changes) return;
  const box = changed(b, changes);
  if (box && !touches(b.view.cam.seen(), box)) b.view.reveal(box);
  b.say(`${how === 'undo' ? 'Undid' : 'Redid'}: ${label}.`);
}

function changed(b: Board, c: Changes): Box | null {
  const ids = [...c.nodes.map((n) => n.id), ...c.edges.flatMap((e) => [(e.after ?? e.before)!.source, (e.after ?? e.before)!.target])];
  return around(b, ids.map((id) => b.graph.at(id)).filter((i) => i >= 0));
}

function around(b: Board, places: Iterable<number>): Box | null {
  let box: Box | null = null;
  for (const i of places) box = union(box, b.graph.box(i));
  return box;
}

function walk(b: Board, dir: Direction) {
  const g = b.graph, i = chosen(b);
  const middle = (k: number): Point => ({ x: g.x[k]! + g.w[k]! / 2, y: g.y[k]! + g.h[k]! / 2 });
  if (i < 0) return show(b, centremost(b, middle));
  const others = [...g.nodes.keys()].filter((k) => k !== i && g.shell[k]! < 0 && (!g.frame[k] || g.nodes[k]!.data?.collapsed === true)).map((k) => [k, middle(k)] as [number, Point]);
  show(b, nearest(middle(i), others, dir));
}

function centremost(b: Board, middle: (i: number) => Point): number {
  const seen = b.view.cam.seen(), c = { x: (seen.x0 + seen.x1) / 2, y: (seen.y0 + seen.y1) / 2 };
  let best = Infinity, found = -1;
  for (const i of b.graph.nodes.keys()) {
    const m = middle(i), d = Math.hypot(m.x - c.x, m.y - c.y);
    if (d < best) { best = d; found = i; }
  }
  return found;
}

function along(b: Board, back: boolean) {
  const g = b.graph, i = chosen(b);
  if (i < 0) return walk(b, 'right');
  for (const k of g.edgesOf(i)) {
    const [near, far] = back ? [g.et[k]!, g.es[k]!] : [g.es[k]!, g.et[k]!];
    if (near === i && far >= 0) return show(b, far);
  }
  b.say(back ? 'Nothing feeds this step.' : 'This step feeds nothing.');
}

function reachable(b: Board, back: boolean) {
  const all = new Set<number>();
  for (const i of picked(b)) for (const k of b.graph.reach(i, back)) all.add(k);
  b.store.select(idsOf(b.graph, all));
  b.say(`${stepsOf(all.size)} selected.`);
}

function nudge(b: Board, dx: number, dy: number) {
  const g = b.graph, places = outermost(g, picked(b));
  if (!places.length) return b.view.panBy(-dx * 4, -dy * 4);
  if (b.readOnly) return;
  for (const i of places) g.place(i, g.x[i]! + dx, g.y[i]! + dy);
  b.store.apply({ nodes: { update: movement(g, places) } }, `Move ${stepsOf(places.length)}`, { merge: `nudge ${idsOf(g, places).join(' ')}`, within: 1200 });
}

function connect(b: Board) {
  const list = choices(b, chosen(b));
  if (list.length) b.choose('Connect to', list);
  else b.say('There is nothing this step can be connected to.');
}

const middleOf = (b: Board): Point => ({ x: b.view.cam.width / 2, y: b.view.cam.height / 2 });
const zoomTo = (b: Board, z: number) => b.view.zoomAt(z / b.view.cam.z, middleOf(b));

function arrows(): Action[] {
  const ways: [string, Direction, number, number][] = [['ArrowLeft', 'left', -1, 0], ['ArrowRight', 'right', 1, 0], ['ArrowUp', 'up', 0, -1], ['ArrowDown', 'down', 0, 1]];
  return ways.flatMap(([key, way, x, y], n): Action[] => {
    const sheet = (text: string) => (n ? '' : text);
    return [
      { id: `nudge-${way}`, name: `Move ${way}`, label: 'Move the selection one grid step; pan without a selection', group: 'Move', keys: [key], sheet: sheet('Arrow keys'), perform: (b) => nudge(b, x * GRID, y * GRID) },
      { id: `nudge-${way}-far`, name: `Move ${way} five steps`, label: 'Move the selection five grid steps', group: 'Move', keys: [`Shift+${key}`], sheet: sheet('Shift+arrow keys'), perform: (b) => nudge(b, x * GRID * 5, y * GRID * 5) },
      { id: `walk-${way}`, name: `Select step ${way}`, label: 'Select the nearest step in that direction', group: 'Select', keys: [`Mod+${key}`], sheet: sheet('Ctrl+arrow keys'), enabled: hasNodes, perform: (b) => walk(b, way) },
    ];
  });
}

/** commands returns the actions of the canvas in the order of the menus. */
export function commands(): Action[] {
  return [
    { id: 'open', name: 'Open settings', label: 'Open the settings of the step', group: 'Step', keys: ['Enter'], menu: onNode, enabled: anyNode, perform: (b) => b.openInspector(b.store.selection().nodes.at(-1)!) },
    { id: 'rename', name: 'Rename', label: 'Rename the step in place', group: 'Step', keys: ['F2'], menu: onNode, writes: true, enabled: anyNode, perform: (b) => b.rename(b.store.selection().nodes.at(-1)!) },
    { id: 'connect', name: 'Connect…', label: 'Connect the step: choose the other end from a list', group: 'Step', keys: ['C'], menu: onNode, writes: true, enabled: anyNode, perform: connect },
    ...addingCommands(),
    ...asideCommands(),
    ...framesCommands(),
    ...notesCommands(),
    { id: 'undo', name: 'Undo', label: 'Undo', group: 'Edit', keys: ['Mod+Z'], menu: ['canvas'], writes: true, enabled: (b) => b.store.canUndo, perform: (b) => travel(b, 'undo') },
    { id: 'redo', name: 'Redo', label: 'Redo', group: 'Edit', keys: ['Mod+Shift+Z', 'Mod+Y'], menu: ['canvas'], writes: true, enabled: (b) => b.store.canRedo, perform: (b) => travel(b, 'redo') },
    { id: 'cut', name: 'Cut', label: 'Cut', group: 'Edit', keys: ['Mod+X'], menu: onNode, writes: true, native: true, enabled: anyNode, perform: (b) => { const t = cut(b); if (t) b.write(t); } },
    { id: 'copy', name: 'Copy', label: 'Copy', group: 'Edit', keys: ['Mod+C'], menu: onNode, native: true, enabled: anyNode, perform: (b) => { const t = copy(b); if (t) b.write(t); } },
    { id: 'paste', name: 'Paste', label: 'Paste at the pointer', group: 'Edit', keys: ['Mod+V'], menu: ['canvas', 'node'], writes: true, native: true, perform: (b) => void b.read().then((t) => { if (!paste(b, t)) pasteText(b, t); }) },
    { id: 'paste-linked', name: 'Paste with connections', label: 'Paste and keep the connections that led in', group: 'Edit', keys: ['Mod+Shift+V'], menu: ['canvas', 'node'], writes: true, native: true, perform: (b) => void b.read().then((t) => { if (!paste(b, t, true)) b.say('The clipboard holds no steps.'); }) },
    { id: 'duplicate', name: 'Duplicate', label: 'Duplicate', group: 'Edit', keys: ['Mod+D'], menu: onNode, writes: true, enabled: anyNode, perform: duplicate },
    { id: 'delete', name: 'Delete', label: 'Delete the selection', group: 'Edit', keys: ['Delete', 'Backspace'], menu: ['node', 'edge'], writes: true, enabled: anything, perform: remove },
    ...linkCommands(),
    { id: 'select-all', name: 'Select all', label: 'Select all steps', group: 'Select', keys: ['Mod+A'], menu: ['canvas'], enabled: hasNodes, perform: (b) => { b.store.select(b.graph.nodes.map((n) => n.id)); b.say(`${stepsOf(b.graph.nodes.length)} selected.`); } },
    { id: 'clear', name: 'Clear selection', label: 'Cancel the gesture, close what is open, clear the selection', group: 'Select', keys: ['Escape'], perform: (b) => b.store.select([]) },
    { id: 'upstream', name: 'Step before', label: 'Select the step that feeds this one', group: 'Select', keys: ['['], enabled: hasNodes, perform: (b) => along(b, true) },
    { id: 'downstream', name: 'Step after', label: 'Select the step that this one feeds', group: 'Select', keys: [']'], enabled: hasNodes, perform: (b) => along(b, false) },
    { id: 'all-upstream', name: 'Select everything before', label: 'Select everything upstream', group: 'Select', keys: ['Shift+[', '{'], menu: onNode, enabled: anyNode, perform: (b) => reachable(b, true) },
    { id: 'all-downstream', name: 'Select everything after', label: 'Select everything downstream', group: 'Select', keys: ['Shift+]', '}'], menu: onNode, enabled: anyNode, perform: (b) => reachable(b, false) },
    ...arrows(),
    ...partCommands(),
    ...arrangeCommands(),
    { id: 'zoom-in', name: 'Zoom in', label: 'Zoom in', group: 'View', keys: ['+', '='], menu: ['canvas'], perform: (b) => b.view.zoomAt(1.25, middleOf(b)) },
    { id: 'zoom-out', name: 'Zoom out', label: 'Zoom out', group: 'View', keys: ['-'], menu: ['canvas'], perform: (b) => b.view.zoomAt(0.8, middleOf(b)) },
    { id: 'zoom-50', name: '50 %', label: 'Zoom to 50 %', group: 'View', keys: [], perform: (b) => zoomTo(b, 0.5) },
    { id: 'zoom-100', name: '100 %', label: 'Zoom to 100 %', group: 'View', keys: ['0', 'Shift+0'], perform: (b) => zoomTo(b, 1) },
    { id: 'zoom-200', name: '200 %', label: 'Zoom to 200 %', group: 'View', keys: [], perform: (b) => zoomTo(b, 2) },
    { id: 'fit', name: 'Fit all', label: 'Show all steps', group: 'View', keys: ['1', 'Shift+1'], menu: ['canvas'], perform: (b) => b.view.fit(around(b, b.graph.nodes.keys())) },
    { id: 'fit-selection', name: 'Fit selection', label: 'Show the selection', group: 'View', keys: ['2', 'Shift+2'], menu: onNode, enabled: anyNode, perform: (b) => b.view.fit(around(b, picked(b))) },
    { id: 'minimap', name: 'Minimap', label: 'Keep the minimap in view, or let it come and go', group: 'View', keys: ['M'], menu: ['canvas'], perform: (b) => b.pinMap() },
    { id: 'menu', name: 'Menu', label: 'Open the menu of the selection', group: 'View', keys: ['Shift+F10', 'ContextMenu'], perform: (b) => b.openMenu(null) },
    ...goingCommands(),
    { id: 'help', name: 'Keyboard shortcuts', label: 'Show this list', group: 'View', keys: ['?'], menu: ['canvas'], perform: (b) => b.openHelp() },
  ];
}
