// What can be done with a line of the outline: the items of its menu, and its keys.
import { chosen, type Board } from '../canvas/board';
import { choices } from '../canvas/choices';
import { Checker, connection, type End } from '../canvas/connect';
import { dataOf, labelOf, withData, type Point } from '../canvas/document';
import type { Canvas } from '../canvas/main';
import type { Item } from '../canvas/menu';
import { connectionName, swapWith, type Line } from '../canvas/order';

/** What the acts need around them. */
export interface ActsEnv {
  canvas: Canvas;
  run(ids: string[]): void;
  say(text: string): void;
  /** ask shows a list at the active line. */
  ask(label: string, items: Item[]): void;
  /** name lets the user type another name over a line. */
  name(line: Line): void;
  /** pick makes a step the active line. */
  pick(id: string): void;
}

/** One thing to do, with the key that does it in the tree. */
export interface Act extends Item { key?: string }

/** actsOf returns what can be done with a line; without a line, what can be done with none. */
export function actsOf(env: ActsEnv, line: Line | undefined): Act[] {
  if (!line) return [addAct(env, -1)];
  return line.edge >= 0 ? edgeActs(env, line) : stepActs(env, line);
}

function stepActs(env: ActsEnv, line: Line): Act[] {
  const { canvas } = env, { board } = canvas, g = board.graph, i = line.node, { id } = g.nodes[i]!;
  const only = () => { if (!canvas.selection().nodes.includes(id)) canvas.select([id]); };
  const frame = g.frame[i] === 1, wires = [...g.edgesOf(i)].filter((k) => g.drawn(k));
  return [
    { name: 'Open settings', keys: 'Enter', key: 'Enter', disabled: frame, perform: () => board.openInspector(id) },
    { name: 'Rename', keys: 'F2', key: 'F2', disabled: board.readOnly, perform: () => env.name(line) },
    addAct(env, i),
    { name: 'Connect to…', keys: 'C', key: 'c', disabled: frame || board.readOnly, perform: () => connectFrom(env, i) },
    { name: 'Disconnect…', keys: 'X', key: 'x', disabled: !wires.length || board.readOnly, perform: () => env.ask('Disconnect', wires.map((k) => ({ name: connectionName(g, k, i), perform: () => cut(env, g.edges[k]!.id, id) }))) },
    { name: 'Move up', keys: 'Alt+ArrowUp', key: 'Alt+ArrowUp', disabled: board.readOnly, perform: () => reorder(env, i, false) },
    { name: 'Move down', keys: 'Alt+ArrowDown', key: 'Alt+ArrowDown', disabled: board.readOnly, perform: () => reorder(env, i, true) },
    { name: 'Duplicate', keys: 'Mod+D', key: 'Mod+d', disabled: board.readOnly, perform: () => { only(); canvas.actions.run('duplicate'); env.pick(canvas.selection().nodes.at(-1) ?? id); } },
    { name: 'Run this step', keys: 'R', key: 'r', disabled: frame || board.readOnly, perform: () => env.run([id]) },
    { name: 'Delete', keys: 'Delete', key: 'Delete', disabled: board.readOnly, perform: () => { only(); canvas.actions.run('delete'); } },
  ];
}

function edgeActs(env: ActsEnv, line: Line): Act[] {
  const { board } = env.canvas, g = board.graph, { id } = g.edges[line.edge]!, other = g.es[line.edge] === line.node ? g.et[line.edge]! : g.es[line.edge]!;
  return [
    { name: `Go to ${labelOf(g.nodes[other]!)}`, keys: 'Enter', key: 'Enter', perform: () => env.pick(g.nodes[other]!.id) },
    { name: 'Disconnect', keys: 'Delete', key: 'Delete', disabled: board.readOnly, perform: () => cut(env, id, g.nodes[line.node]!.id) },
  ];
}

function cut({ canvas, pick }: ActsEnv, edge: string, node: string) {
  canvas.select([], [edge]);
  canvas.actions.run('delete');
  pick(node);
}

function connectFrom(env: ActsEnv, i: number) {
  const list = choices(env.canvas.board, i);
  if (list.length) env.ask('Connect to', list);
  else env.say('There is nothing this step can be connected to.');
}

function reorder({ canvas, say }: ActsEnv, i: number, down: boolean) {
  const { board: { graph: g }, store } = canvas, other = swapWith(g, i, down);
  if (typeof other === 'string') return say(other);
  const name = labelOf(g.nodes[i]!), next = labelOf(g.nodes[other]!), rows = store.doc().nodes;
  const at = rows.indexOf(g.nodes[other]!);
  store.apply({ nodes: { move: { [g.nodes[i]!.id]: at } } }, 'Reorder');
  say(`${name} is now ${down ? 'after' : 'before'} ${next}.`);
}

function addAct(env: ActsEnv, after: number): Act {
  const { board } = env.canvas;
  const items = board.specs.map((s) => ({ name: s.title, perform: () => add(env, s.type, after) }));
  return { name: after < 0 ? 'Add a step…' : 'Add a step after this…', keys: 'N', key: 'n', disabled: board.readOnly, perform: () => env.ask('Add a step', items) };
}

// A step that is added after another stands to its right and is fed by it, when a port fits.
function add({ canvas, pick, say }: ActsEnv, kind: string, after: number) {
  const { board } = canvas, before = after < 0 || board.graph.frame[after] ? undefined : board.graph.nodes[after]!.id;
  const id = canvas.addNode(kind, before === undefined ? undefined : beside(board, after));
  const wired = before !== undefined && feed(board, board.graph.at(before), board.graph.at(id));
  const name = labelOf(board.graph.nodes[chosen(board)]!);
  say(wired ? `${name} added and connected to ${labelOf(board.graph.nodes[board.graph.at(before)]!)}.` : `${name} added.`);
  pick(id);
}

function beside({ graph: g }: Board, i: number): Point {
  const p = { x: g.x[i]! + g.w[i]! + 80 + 128, y: g.y[i]! + 20 };
  const taken = () => g.nodes.some((_, k) => !g.frame[k] && Math.abs(g.x[k]! + g.w[k]! / 2 - p.x) < g.w[k]! / 2 + 148 && p.y < g.y[k]! + g.h[k]! + 40 && p.y + 180 > g.y[k]!);
  while (taken()) p.y += 60;
  return p;
}

function feed(b: Board, from: number, to: number): boolean {
  const { graph: g } = b;
  for (let port = 0; port < g.ports(from, 'out').length; port++) {
    const end: End = { node: from, side: 'out', port }, best = new Checker(g, end).best(to);
    if (typeof best === 'string') continue;
    return b.store.apply(connection(g, end, best, (id) => b.store.has(id)), 'Connect', { select: b.store.selection() });
  }
  return false;
}

/** renameStep gives a step a name; an empty one changes nothing. */
export function renameStep({ store }: Canvas, id: string, name: string) {
  const node = store.node(id), label = name.trim();
  if (node && label && dataOf(node).label !== label) store.apply({ nodes: { update: { [id]: withData(node, { label }) } } }, 'Rename');
}
