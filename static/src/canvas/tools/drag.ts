// Dragging nodes. The document changes once, when they are let go.
import { idsOf, picked, type Board } from '../board';
import { clip, insertion } from '../clipboard';
import { labelOf, type Point, type RFNode } from '../document';
import { frameUnder, parented } from '../frames';
import { snap } from '../geometry';
import type { Graph } from '../graph';
import { outermost } from '../outermost';
import { Guiding } from './guiding';
import { landed, landing } from './landing';
import { clicked, pressed } from './select';
import { far, type Pointer, type Tool } from './tool';

export { outermost };

/** movement returns the update that stores where nodes lie now, relative to their frames. */
export function movement(g: Graph, places: Iterable<number>): Record<string, Partial<RFNode>> {
  const round = (v: number) => Math.round(v * 100) / 100;
  const update: Record<string, Partial<RFNode>> = {};
  for (const i of places) {
    const n = g.nodes[i]!, o = g.origin(i);
    update[n.id] = { position: { ...n.position, x: round(g.x[i]! - o.x), y: round(g.y[i]! - o.y) } };
  }
  return update;
}

/** stepsOf names a number of nodes. */
export const stepsOf = (n: number): string => (n === 1 ? '1 step' : `${n} steps`);

/** Drag moves the selected nodes; a press that does not move is a click. */
export class Drag implements Tool {
  private readonly was: boolean;
  private places: number[] = [];
  private all = new Set<number>();
  private start = new Map<number, Point>();
  private started = false;
  private guiding!: Guiding;
  private target = -1;
  private frame = -1;

  constructor(private readonly b: Board, private readonly anchor: number, private readonly from: Pointer) {
    const id = b.graph.nodes[anchor]!.id;
    this.was = b.store.selection().nodes.includes(id);
    pressed(b, 'nodes', id, from);
  }

  move(p: Pointer) {
    if (!this.started) {
      if (!far(this.from, p)) return;
      this.begin();
    }
    const g = this.b.graph, by = this.offset(p);
    for (const [i, o] of this.start) g.place(i, o.x + by.x, o.y + by.y);
    this.b.view.moved(this.all);
    this.target = this.all.size === 1 && !p.alt ? landing(this.b, this.places[0]!, p.doc) : -1;
    this.frame = p.alt ? -1 : frameUnder(g, this.b.view.near(), p.doc, this.all);
    const enters = this.places.some((i) => g.parent[i] !== this.frame) ? this.frame : -1;
    this.b.view.sketch({ guides: p.mod ? [] : this.guiding.lines(by), target: this.target, frame: enters });
  }

  up(p: Pointer) {
    if (!this.started) {
      clicked(this.b, 'nodes', this.b.graph.nodes[this.anchor]!.id, p, this.was);
      return;
    }
    this.end();
    if (p.alt) this.duplicate(p);
    else this.drop();
  }

  cancel() {
    if (!this.started) return;
    this.back();
    this.end();
  }

  rims() {
    return this.started;
  }

  private drop() {
    const { store, graph: g } = this.b, { places, frame } = this;
    const taken = parented(this.b, places, frame), nodes = { update: { ...movement(g, places), ...taken?.update }, move: taken?.move };
    const into = this.target < 0 ? null : landed(this.b, places[0]!, this.target);
    store.apply({ nodes, edges: into?.diff.edges }, into ? 'Insert into connection' : `Move ${stepsOf(places.length)}`);
    if (into) this.b.say(into.said);
    else if (taken) this.b.say(frame < 0 ? `${stepsOf(places.length)} taken out of the frame.` : `${stepsOf(places.length)} put into ${labelOf(g.nodes[frame]!)}.`);
  }

  private begin() {
    const { graph: g, view } = this.b;
    this.started = true;
    this.places = outermost(g, picked(this.b));
    const add = (i: number) => {
      this.all.add(i);
      g.children(i).forEach(add);
    };
    this.places.forEach(add);
    for (const i of this.places) this.start.set(i, { x: g.x[i]!, y: g.y[i]! });
    this.guiding = new Guiding(this.b, this.places, this.all);
    view.raise(this.places);
    view.lift(new Set([...this.all].filter((i) => g.shell[i]! < 0)), new Set([...this.all].flatMap((i) => [...g.edgesOf(i)])));
    view.cursor('grabbing');
  }

  private end() {
    this.b.view.sketch(null);
    this.b.view.lift(null, null);
    this.b.view.cursor(null);
  }

  private back() {
    for (const [i, o] of this.start) this.b.graph.place(i, o.x, o.y);
    this.b.view.moved(this.all);
  }

  // The card under the pointer lands on a guide, else on the grid, and the others keep their distance from it.
  private offset(p: Pointer): Point {
    const dx = p.doc.x - this.from.doc.x, dy = p.doc.y - this.from.doc.y;
    const o = this.start.get(this.anchor) ?? this.start.values().next().value!;
    if (p.mod) return { x: dx, y: dy };
    return this.guiding.offset({ x: dx, y: dy }, { x: snap(o.x + dx) - o.x, y: snap(o.y + dy) - o.y });
  }

  private duplicate(p: Pointer) {
    const by = this.offset(p), { store, graph } = this.b;
    this.back();
    const copy = clip(graph, { nodes: idsOf(graph, this.places), edges: [] });
    if (!copy) return;
    const { diff, select } = insertion(copy, by, (id) => store.has(id));
    store.apply(diff, `Duplicate ${stepsOf(copy.nodes.length)}`, { select });
  }
}
