// Actions that put steps in order: align, distribute, tidy up.
import type { Action } from '../actions';
import { aligned, distributed, type Alignment } from '../align';
import { picked, type Board } from '../board';
import { glide } from '../glide';
import type { Graph } from '../graph';
import { tidied, type Wire } from '../tidy';
import { outermost, stepsOf } from '../tools/drag';

const units = (b: Board) => outermost(b.graph, picked(b));
const boxes = (b: Board, places: readonly number[]) => places.map((i) => b.graph.box(i));

function align(b: Board, how: Alignment) {
  const places = units(b);
  if (glide(b, places, aligned(boxes(b, places), how), `Align ${stepsOf(places.length)}`)) b.say(`${stepsOf(places.length)} aligned.`);
  else b.say('They are aligned already.');
}

function distribute(b: Board, axis: 'x' | 'y') {
  const places = units(b);
  if (glide(b, places, distributed(boxes(b, places), axis), `Distribute ${stepsOf(places.length)}`)) b.say(`${stepsOf(places.length)} spaced evenly.`);
  else b.say('They are spaced evenly already.');
}

/** tidy lays out the selected steps, or all when fewer than two are selected; frames move as one, and notes stay. */
function tidy(b: Board) {
  const some = units(b), places = some.length > 1 ? some : outermost(b.graph, [...b.graph.nodes.keys()].filter((i) => !b.graph.note[i]));
  const g = b.graph, items = places.map((i) => ({ x: g.x[i]!, y: g.y[i]!, w: g.w[i]!, h: g.h[i]! }));
  const moved = glide(b, places, tidied(items, wiresAmong(g, places)), `Tidy up ${stepsOf(places.length)}`);
  b.say(moved ? `${stepsOf(places.length)} tidied up.` : 'Everything is tidy already.');
}

/** wiresAmong returns the connections among units; an end inside a frame is an end at the frame. */
export function wiresAmong(g: Graph, places: readonly number[]): Wire[] {
  const at = new Map(places.map((i, k) => [i, k]));
  const unit = (i: number): number => {
    for (let p = i; p >= 0; p = g.parent[p]!) if (at.has(p)) return p;
    return -1;
  };
  const wires: Wire[] = [];
  for (let k = 0; k < g.edges.length; k++) {
    if (!g.drawn(k)) continue;
    const s = unit(g.es[k]!), t = unit(g.et[k]!);
    if (s >= 0 && t >= 0 && s !== t) wires.push({ from: at.get(s)!, to: at.get(t)!, out: g.from(k).y - g.y[s]!, into: g.to(k).y - g.y[t]! });
  }
  return wires;
}

const several = (least: number) => (b: Board) => b.store.selection().nodes.length >= least && units(b).length >= least;

/** arrangeCommands returns the actions that put steps in order. */
export function arrangeCommands(): Action[] {
  const ways: [Alignment, string, string, string][] = [
    ['left', 'Align left', 'Alt+A', 'Align the left edges'], ['centre', 'Align centres', 'Alt+H', 'Align the centres on an upright line'], ['right', 'Align right', 'Alt+D', 'Align the right edges'],
    ['top', 'Align top', 'Alt+W', 'Align the top edges'], ['middle', 'Align middles', 'Alt+V', 'Align the middles on a level line'], ['bottom', 'Align bottom', 'Alt+S', 'Align the bottom edges'],
  ];
  const spaces: ['x' | 'y', string, string, string][] = [
    ['x', 'Distribute across', 'Alt+Shift+H', 'Make the gaps from left to right equal'], ['y', 'Distribute down', 'Alt+Shift+V', 'Make the gaps from top to bottom equal'],
  ];
  return [
    { id: 'tidy', name: 'Tidy up', label: 'Tidy up the selection, or all steps', group: 'Move', keys: ['Shift+T'], menu: ['canvas', 'node'], writes: true, enabled: (b) => b.graph.nodes.length > 1, perform: tidy },
    ...ways.map(([how, name, key, label]): Action => ({ id: `align-${how}`, name, label, group: 'Move', keys: [key], writes: true, enabled: several(2), perform: (b) => align(b, how) })),
    ...spaces.map(([axis, name, key, label]): Action => ({ id: `distribute-${axis}`, name, label, group: 'Move', keys: [key], writes: true, enabled: several(3), perform: (b) => distribute(b, axis) })),
  ];
}
