// Making and moving connections: drag from port to port, or click one and then the other.
import type { Board } from '../board';
import { Checker, connection, nearestPort, type End } from '../connect';
import { labelOf, type Point } from '../document';
import { TYPES } from '../graph';
import { far, type Pointer, type Tool } from './tool';

/** How near a fitting port must be for the line to snap to it, in screen pixels. */
export const SNAP = 40;

/** How near to the middle of a port's dot that port is meant and no other, in screen pixels. */
const DOT = 9;

/** portRadius returns how near a press must be to a port's dot, in screen pixels. */
export const portRadius = (touch: boolean): number => (touch ? 22 : 14);

/** portUnder returns the port under a pointer unless another card lies over it. */
export function portUnder(b: Board, p: Pointer): End | null {
  if (b.view.blocks()) return null;
  const end = nearestPort(b.graph, b.view.near(), p.doc, portRadius(p.touch) / b.view.cam.z, () => true);
  if (!end) return null;
  const over = b.view.hitNode(p.doc);
  return over < 0 || over === end.node || b.graph.frame[over] ? end : null;
}

interface Goal { end: End | null; why: string | null; at: Point }

/** Connect draws a line from an end to the pointer and connects what it is let go over. */
export class Connect implements Tool {
  private from: End;
  private moving: number;
  private checker: Checker;
  private started = false;
  private clicks = 0;

  /** moving is the edge whose other end is being dragged, -1 for a new connection. */
  constructor(private readonly b: Board, from: End, private readonly press: Pointer, moving = -1) {
    this.from = from;
    this.moving = moving;
    this.checker = new Checker(b.graph, from, moving);
    if (moving >= 0) this.begin();
  }

  move(p: Pointer) {
    if (!this.started) {
      if (!far(this.press, p)) return;
      this.pickUp();
      this.begin();
    }
    const goal = this.goal(p);
    this.draw(goal);
    this.b.view.tip(goal.why, p.view);
  }

  up(p: Pointer): boolean {
    this.clicks++;
    if (!this.started || (this.clicks === 1 && !far(this.press, p))) {
      this.begin();
      this.b.say(`Connecting from ${this.nameOf(this.from)}. Choose the other end, or press Escape.`);
      this.draw(this.goal(p));
      return true;
    }
    const goal = this.goal(p);
    if (this.loose(goal, p)) return this.leave(goal, p);
    this.end();
    if (goal.end) this.join(goal.end);
    else if (goal.why) this.refuse(goal.why, p.view);
    else if (this.moving >= 0) this.drop();
    return false;
  }

  cancel() {
    this.end();
    this.b.view.tip(null);
  }

  rims() {
    return this.started;
  }

  // Dragging from an input that is taken picks up its connection.
  private pickUp() {
    const { graph: g } = this.b, { from } = this;
    if (from.side === 'out' || g.ports(from.node, 'in')[from.port]!.multiple || this.moving >= 0) return;
    const edge = g.edgesOf(from.node).find((k) => g.et[k] === from.node && g.tp[k] === from.port && g.es[k]! >= 0);
    if (edge === undefined) return;
    this.moving = edge;
    this.from = { node: g.es[edge]!, side: 'out', port: g.ep[edge]! };
    this.checker = new Checker(g, this.from, edge);
  }

  private begin() {
    if (this.started) return;
    this.started = true;
    const { view } = this.b, { node: own } = this.from;
    view.cursor('crosshair');
    view.light((node, side, port) => (node === own ? node === this.from.node && side === this.from.side && port === this.from.port : !this.checker.refusal({ node, side, port })));
  }

  private end() {
    const { view } = this.b;
    view.wire(null);
    view.light(null);
    view.cursor(null);
    view.tip(null);
  }

  private goal(p: Pointer): Goal {
    const { graph: g, view } = this.b, { z } = view.cam;
    const over = view.hitNode(p.doc), body = over >= 0 && !g.frame[over] ? over : -1;
    const no = this.onDot(p);
    if (no) return { end: null, why: no, at: p.doc };
    const snapped = view.blocks() ? null : nearestPort(g, view.near(), p.doc, SNAP / z, (e) => !this.checker.refusal(e));
    if (snapped && (body < 0 || body === snapped.node || body === this.from.node)) return { end: snapped, why: null, at: g.portAt(snapped.node, snapped.side, snapped.port) };
    const port = portUnder(this.b, p);
    if (port && !this.isFrom(port)) return { end: null, why: this.checker.refusal(port), at: p.doc };
    if (body < 0) return { end: null, why: null, at: p.doc };
    if (body === this.from.node) return { end: null, why: port || !this.clear(p) ? null : 'A step cannot feed itself', at: p.doc };
    const best = this.checker.best(body);
    if (typeof best === 'string') return { end: null, why: best, at: p.doc };
    return { end: best, why: null, at: g.portAt(best.node, best.side, best.port) };
  }

  // On the very dot of a port that does not fit nothing else can be meant.
  private onDot(p: Pointer): string | null {
    const end = portUnder(this.b, p), { z } = this.b.view.cam;
    if (!end || this.isFrom(end)) return null;
    const at = this.b.graph.portAt(end.node, end.side, end.port);
    return Math.hypot(p.doc.x - at.x, p.doc.y - at.y) * z <= DOT ? this.checker.refusal(end) : null;
  }

  private isFrom(e: End): boolean {
    return e.node === this.from.node && e.side === this.from.side && e.port === this.from.port;
  }

  // Leaving one's own card crosses it: that is no wish to connect to it.
  private clear(p: Pointer): boolean {
    const at = this.b.graph.portAt(this.from.node, this.from.side, this.from.port);
    return Math.hypot(p.doc.x - at.x, p.doc.y - at.y) * this.b.view.cam.z > 60;
  }

  private draw(goal: Goal) {
    const g = this.b.graph, here = g.portAt(this.from.node, this.from.side, this.from.port);
    const [from, to] = this.from.side === 'out' ? [here, goal.at] : [goal.at, here];
    const type = g.ports(this.from.node, this.from.side)[this.from.port]?.type ?? 'any';
    this.b.view.wire({ from, to, fits: goal.end ? true : goal.why ? false : null, colour: TYPES.indexOf(type), hides: this.moving });
  }

  // Let go over empty space: the line stays while a step for it is picked.
  private loose(goal: Goal, p: Pointer): boolean {
    const { cam } = this.b.view, over = this.b.view.hitNode(p.doc);
    const inside = p.view.x >= 0 && p.view.y >= 0 && p.view.x <= cam.width && p.view.y <= cam.height;
    return this.moving < 0 && !goal.end && !goal.why && inside && (over < 0 || this.b.graph.frame[over] === 1);
  }

  private leave(goal: Goal, p: Pointer): false {
    this.end();
    this.draw(goal);
    this.b.openPicker(p.view, this.from);
    return false;
  }

  private join(to: End) {
    const { store, graph: g } = this.b;
    const names = this.from.side === 'out' ? [this.nameOf(this.from), this.nameOf(to)] : [this.nameOf(to), this.nameOf(this.from)];
    store.apply(connection(g, this.from, to, (id) => store.has(id), this.moving), this.moving >= 0 ? 'Reconnect' : 'Connect');
    this.b.say(`Connected ${names[0]} to ${names[1]}.`);
  }

  private drop() {
    const edge = this.b.graph.edges[this.moving];
    if (!edge) return;
    this.b.store.apply({ edges: { remove: [edge.id] } }, 'Disconnect');
    this.b.say('Connection removed.');
  }

  private refuse(why: string, at: Point) {
    this.b.say(`${why}.`);
    this.b.view.tip(why, at);
    setTimeout(() => this.b.view.tip(null), 2400);
  }

  private nameOf(e: End): string {
    const g = this.b.graph;
    return `${labelOf(g.nodes[e.node]!)} ${g.ports(e.node, e.side)[e.port]?.label ?? ''}`.trim();
  }
}
