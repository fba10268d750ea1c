// The active layer: what changes from frame to frame. Hidden when there is nothing.
import type { Point } from './document';
import { bend, curvePoint } from './geometry';
import { block, frame, lineWidth, trace, type Scene } from './paint';
import { paintSketch, type Sketch } from './sketch';

/** What the active layer shows beside the scene. */
export interface Active extends Scene {
  selectedEdges: readonly number[];
  selectedNodes: readonly number[];
  hoveredEdge: number;
  /** Edges at the node under the pointer or at selected ones. */
  related: readonly number[];
  /** What a gesture draws. */
  sketch: Sketch | null;
  /** Edges into steps at work: they flow. */
  flowing: readonly number[];
  /** The connection being made. */
  wire: Wire | null;
}

/** The line of a connection being made: fits is null while it is over nothing. */
export interface Wire {
  from: Point;
  to: Point;
  fits: boolean | null;
  /** Index into TYPES. */
  colour: number;
  /** The edge that is being moved and not shown where it was, or -1. */
  hides: number;
}

/** ActiveLayer paints the active canvas. */
export class ActiveLayer {
  private readonly ctx: CanvasRenderingContext2D;
  private dpr = 1;
  private used = true;

  constructor(readonly el: HTMLCanvasElement) {
    this.ctx = el.getContext('2d')!;
  }

  /** resize fits the layer to the view. */
  resize(width: number, height: number, dpr: number) {
    this.dpr = dpr;
    this.el.width = Math.ceil(width * dpr);
    this.el.height = Math.ceil(height * dpr);
    this.used = true;
  }

  /** show paints what there is; phase moves the dashes. */
  show(a: Active, phase: number) {
    const outlines = a.cull.blocks && a.selectedNodes.length > 0;
    const need = a.wire !== null || a.sketch !== null || a.related.length > 0 || a.liftedEdges.size > 0 || a.liftedNodes.size > 0 || a.selectedEdges.length > 0 || a.hoveredEdge >= 0 || a.flowing.length > 0 || outlines;
    if (!need && !this.used) return;
    this.el.hidden = !need;
    this.used = need;
    const { ctx, dpr } = this, { x, y, z } = a.cam;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, this.el.width, this.el.height);
    if (!need) return;
    ctx.setTransform(dpr * z, 0, 0, dpr * z, dpr * x, dpr * y);
    for (const i of a.liftedNodes) if (a.graph.frame[i]) frame(ctx, a, i);
    this.edges(a);
    this.flow(a, phase);
    if (a.cull.blocks) this.blocks(a);
    if (a.wire) this.wire(a, a.wire);
    if (a.sketch) paintSketch(ctx, a, a.sketch);
  }

  private edges(a: Active) {
    const { ctx } = this, g = a.graph;
    ctx.lineWidth = lineWidth(a.cam.z);
    for (const k of a.liftedEdges) this.stroke(a, k, a.theme.types[g.carries[k]!]!);
    ctx.lineWidth = lineWidth(a.cam.z, 3);
    for (const k of a.related) if (!a.liftedEdges.has(k)) this.stroke(a, k, a.theme.types[g.carries[k]!]!);
    if (a.hoveredEdge >= 0) this.stroke(a, a.hoveredEdge, a.theme.types[g.carries[a.hoveredEdge]!]!);
    for (const k of a.selectedEdges) {
      this.stroke(a, k, a.theme.selected);
      this.grips(a, k);
    }
  }

  private stroke(a: Active, k: number, colour: string) {
    if (!a.graph.shown(k) || k === a.wire?.hides) return;
    this.ctx.strokeStyle = colour;
    this.ctx.beginPath();
    trace(this.ctx, a.graph, k);
    this.ctx.stroke();
  }

  // The ends of a selected edge can be dragged: two dots say so.
  private grips(a: Active, k: number) {
    if (a.cull.blocks || !a.graph.shown(k) || k === a.wire?.hides) return;
    const from = a.graph.from(k), to = a.graph.to(k), { ctx } = this;
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1, t = Math.min(0.2, 22 / length);
    for (const p of [curvePoint(from, to, t), curvePoint(from, to, 1 - t)]) {
      ctx.beginPath();
      ctx.arc(p.x, p.y, 5 / Math.min(1, a.cam.z), 0, 7);
      ctx.fillStyle = a.theme.surface;
      ctx.fill();
      ctx.lineWidth = 2 / Math.min(1, a.cam.z);
      ctx.stroke();
    }
  }

  private flow(a: Active, phase: number) {
    const { ctx } = this;
    if (!a.flowing.length) return;
    for (const [colour, width, dash] of [[a.theme.canvas, 3, []], [a.theme.status.running, 2.2, [6, 6]]] as const) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = lineWidth(a.cam.z, width);
      ctx.setLineDash([...dash]);
      ctx.lineDashOffset = -phase;
      ctx.beginPath();
      for (const k of a.flowing) if (a.graph.shown(k)) trace(ctx, a.graph, k);
      ctx.stroke();
    }
    ctx.setLineDash([]);
  }

  private blocks(a: Active) {
    const { ctx } = this, g = a.graph;
    for (const i of a.liftedNodes) if (!g.frame[i]) block(ctx, a, i, a.cam.z);
    ctx.strokeStyle = a.theme.selected;
    ctx.lineWidth = 2 / a.cam.z;
    const out = 2 / a.cam.z;
    for (const i of a.selectedNodes) ctx.strokeRect(g.x[i]! - out, g.y[i]! - out, g.w[i]! + 2 * out, g.h[i]! + 2 * out);
  }

  private wire(a: Active, w: Wire) {
    const { ctx } = this, d = bend(w.from.x, w.to.x);
    ctx.strokeStyle = w.fits === false ? a.theme.danger : a.theme.types[w.colour]!;
    ctx.lineWidth = lineWidth(a.cam.z, 2.5);
    ctx.setLineDash(w.fits ? [] : [6, 5]);
    ctx.beginPath();
    ctx.moveTo(w.from.x, w.from.y);
    ctx.bezierCurveTo(w.from.x + d, w.from.y, w.to.x - d, w.to.y, w.to.x, w.to.y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.arc(w.to.x, w.to.y, 4 / Math.min(1, a.cam.z), 0, 7);
    ctx.fillStyle = ctx.strokeStyle;
    ctx.fill();
  }
}
