// The hand: turns pointer events into tools, one at a time.
import type { Board } from '../board';
import { isControl } from '../dom';
import type { Point } from '../document';
import { rimSpeed } from '../geometry';
import { Connect, portUnder } from './connect';
import { Cut } from './cut';
import { Drag } from './drag';
import { Edge } from './edge';
import { Marquee } from './marquee';
import { Pan } from './pan';
import { Pinch } from './pinch';
import { cornerUnder, Resize } from './resize';
import { far, type Pointer, type Tool } from './tool';

const LONG_PRESS = 500;

/** Hand listens to the stage and runs the tool of the gesture in progress. */
export class Hand {
  private tool: Tool | null = null;
  private pinch: Pinch | null = null;
  private fingers = new Map<number, Point>();
  private held = -1;
  private last: { e: PointerEvent; p: Pointer } | null = null;
  private press: Pointer | null = null;
  private hold = 0;
  private space = false;
  private inside: Point | null = null;
  private readonly off = new AbortController();

  constructor(private readonly b: Board) {
    const { stage } = b.view, o = { signal: this.off.signal };
    stage.addEventListener('pointerdown', (e) => this.down(e), o);
    stage.addEventListener('pointermove', (e) => this.move(e), o);
    stage.addEventListener('pointerup', (e) => this.up(e), o);
    stage.addEventListener('pointercancel', (e) => this.lost(e), o);
    stage.addEventListener('pointerleave', () => this.left(), o);
    addEventListener('blur', () => this.space = false, o);
  }

  /** destroy stops listening. */
  destroy() {
    this.cancel();
    this.off.abort();
  }

  /** busy reports whether a gesture is in progress. */
  get busy(): boolean {
    return this.tool !== null || this.pinch !== null;
  }

  /** cancel takes the gesture in progress back; false when there was none. */
  cancel(): boolean {
    const { tool } = this;
    this.finish();
    tool?.cancel();
    return tool !== null;
  }

  /** grip says whether the space bar is down: a drag then pans from anywhere. */
  grip(down: boolean) {
    if (down === this.space) return;
    this.space = down;
    if (!this.tool) this.b.view.cursor(down ? 'grab' : null);
  }

  /** pointer returns where the mouse is, in document pixels; null when it is not over the view. */
  pointer(): Point | null {
    return this.inside && this.b.view.cam.toDoc(this.inside);
  }

  /** tick pans at the rim while a gesture asks for it; it runs before each frame. */
  tick() {
    if (this.held < 0 || !this.tool?.rims?.() || !this.last) return;
    const { cam } = this.b.view, by = rimSpeed(this.last.p.view, cam.width, cam.height);
    if (!by.x && !by.y) return;
    this.b.view.panBy(by.x, by.y);
    this.run(this.read(this.last.e));
  }

  private read(e: PointerEvent): Pointer {
    const view = this.b.view.point(e);
    return { view, doc: this.b.view.cam.toDoc(view), shift: e.shiftKey, mod: e.ctrlKey || e.metaKey, alt: e.altKey, touch: e.pointerType === 'touch' };
  }

  private down(e: PointerEvent) {
    if (isControl(e.target)) return;
    const p = this.read(e);
    if (p.touch && this.finger(e, p)) return;
    this.b.view.tip(null);
    if (this.tool) {
      if (e.button !== 0) this.cancel();
      else this.held = e.pointerId;
      return;
    }
    if (e.button === 1) e.preventDefault();
    this.tool = this.choose(e, p);
    if (!this.tool) return;
    this.held = e.pointerId;
    this.press = p;
    this.last = { e, p };
    capture(this.b.view.stage, e.pointerId);
    if (p.touch) this.hold = window.setTimeout(() => this.longPress(p), LONG_PRESS);
  }

  // A second finger ends what the first one began and pinches; true while two are down.
  private finger(e: PointerEvent, p: Pointer): boolean {
    this.fingers.set(e.pointerId, p.view);
    if (this.fingers.size < 2) return this.pinch !== null;
    if (this.fingers.size === 2) {
      this.cancel();
      this.pinch = new Pinch(this.b, this.fingers);
      capture(this.b.view.stage, e.pointerId);
    }
    return true;
  }

  private choose(e: PointerEvent, p: Pointer): Tool | null {
    const { b } = this;
    if (e.button === 1 || (e.button === 0 && this.space)) return new Pan(b, p, false);
    if (e.button !== 0) return null;
    const port = b.readOnly ? null : portUnder(b, p);
    if (port) return new Connect(b, port, p);
    const corner = cornerUnder(b, p);
    if (corner >= 0) return new Resize(b, corner, p);
    const node = b.view.hitNode(p.doc);
    if (node >= 0 && !b.graph.frame[node]) return b.readOnly ? this.look(node, p) : new Drag(b, node, p);
    if (p.alt && node < 0 && !p.touch && !b.readOnly) return new Cut(b, p);
    const edge = b.view.hitEdge(p.doc);
    if (edge) return new Edge(b, edge, p);
    if (node >= 0) return b.readOnly ? this.look(node, p) : new Drag(b, node, p);
    return p.touch ? new Pan(b, p, true) : new Marquee(b, p);
  }

  // In a document that cannot be changed a drag on a node pans, a click still selects.
  private look(node: number, p: Pointer): Tool {
    this.b.store.select([this.b.graph.nodes[node]!.id]);
    return new Pan(this.b, p, false);
  }

  private move(e: PointerEvent) {
    const p = this.read(e);
    if (!p.touch) this.inside = p.view;
    if (p.touch && this.pinch && this.fingers.has(e.pointerId)) {
      if (this.fingers.size === 2) this.pinch.move(e.pointerId, p.view);
      return;
    }
    if (!this.tool) {
      if (!p.touch && e.buttons === 0) this.hover(p);
      return;
    }
    if (this.held >= 0 && e.pointerId !== this.held) return;
    if (this.press && far(this.press, p)) clearTimeout(this.hold);
    this.last = { e, p };
    this.run(p);
    if (this.tool?.rims?.()) this.b.view.redraw();
  }

  private run(p: Pointer) {
    const next = this.tool?.move(p);
    if (!next) return;
    this.tool = next;
    next.move(p);
  }

  private up(e: PointerEvent) {
    if (this.release(e)) return;
    if (!this.tool || e.pointerId !== this.held) return;
    clearTimeout(this.hold);
    const p = this.read(e), { tool } = this;
    this.held = -1;
    this.tool = null;
    if (tool.up(p)) {
      this.tool = tool;
      return;
    }
    this.finish();
    if (!p.touch) this.hover(p);
  }

  private lost(e: PointerEvent) {
    if (!this.release(e) && e.pointerId === this.held) this.cancel();
  }

  // After a pinch nothing begins until all fingers are up.
  private release(e: PointerEvent): boolean {
    const was = this.fingers.delete(e.pointerId) && this.pinch !== null;
    if (was && this.fingers.size === 0) this.pinch = null;
    return was;
  }

  private left() {
    this.inside = null;
    if (!this.tool) this.b.view.hover(-1);
  }

  private hover(p: Pointer) {
    const { b } = this;
    const port = b.readOnly ? null : portUnder(b, p);
    const node = port ? -1 : b.view.hitNode(p.doc);
    const card = node >= 0 && !b.graph.frame[node];
    b.view.hover(port || card ? -1 : b.view.hitEdge(p.doc)?.edge ?? -1, port ? port.node : card ? node : -1);
    b.view.cursor(this.space ? 'grab' : port ? 'crosshair' : cornerUnder(b, p) >= 0 ? 'resize' : null);
  }

  private longPress(p: Pointer) {
    this.cancel();
    const node = this.b.view.hitNode(p.doc), id = this.b.graph.nodes[node]?.id;
    if (id !== undefined && !this.b.store.selection().nodes.includes(id)) this.b.store.select([id]);
    this.b.openMenu(p.view);
  }

  private finish() {
    clearTimeout(this.hold);
    this.tool = this.press = this.last = null;
    this.held = -1;
    if (this.space) this.b.view.cursor('grab');
    this.b.view.redraw();
  }
}

// A pointer that is already gone, or one made by a test, cannot be captured: the gesture works without.
function capture(stage: HTMLElement, id: number) {
  try { stage.setPointerCapture(id); } catch { /* see above */ }
}
