// What gestures draw on the active layer: guides, the blade, and the edges they are about to change.
import type { Point } from './document';
import type { Guide } from './guides';
import { lineWidth, trace, type Scene } from './paint';

/** The drawing of a gesture. */
export interface Sketch {
  guides?: readonly Guide[];
  /** The way of the blade, and the edges it has crossed. */
  blade?: readonly Point[];
  cut?: readonly number[];
  /** The edge that takes in what is dropped now, or -1. */
  target?: number;
  /** The frame that takes in what is dropped now, or -1. */
  frame?: number;
}

/** paintSketch draws on a context that is scaled to the document. */
export function paintSketch(ctx: CanvasRenderingContext2D, s: Scene, k: Sketch) {
  if (k.target !== undefined && k.target >= 0 && s.graph.drawn(k.target)) target(ctx, s, k.target);
  if (k.frame !== undefined && k.frame >= 0) taker(ctx, s, k.frame);
  if (k.guides?.length) guides(ctx, s, k.guides);
  if (k.cut?.length) struck(ctx, s, k.cut);
  if (k.blade && k.blade.length > 1) blade(ctx, s, k.blade);
}

function target(ctx: CanvasRenderingContext2D, s: Scene, edge: number) {
  ctx.strokeStyle = s.theme.selected;
  for (const [width, alpha] of [[12, 0.25], [4, 1]] as const) {
    ctx.globalAlpha = alpha;
    ctx.lineWidth = lineWidth(s.cam.z, width);
    ctx.beginPath();
    trace(ctx, s.graph, edge);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

function taker(ctx: CanvasRenderingContext2D, s: Scene, i: number) {
  const b = s.graph.box(i);
  ctx.strokeStyle = s.theme.selected;
  ctx.lineWidth = 3 / s.cam.z;
  ctx.beginPath();
  ctx.roundRect(b.x0, b.y0, b.x1 - b.x0, b.y1 - b.y0, 10);
  ctx.stroke();
}

// Lines run a little beyond what they join; gaps have bars at their ends.
function guides(ctx: CanvasRenderingContext2D, s: Scene, list: readonly Guide[]) {
  const px = 1 / s.cam.z;
  ctx.strokeStyle = s.theme.guide;
  ctx.lineWidth = 1.5 * px;
  ctx.beginPath();
  for (const g of list) {
    const flat = g.y0 === g.y1, out = g.gap ? 0 : 8 * px, bar = 5 * px;
    const line = (x0: number, y0: number, x1: number, y1: number) => { ctx.moveTo(x0, y0); ctx.lineTo(x1, y1); };
    if (flat) line(g.x0 - out, g.y0, g.x1 + out, g.y1);
    else line(g.x0, g.y0 - out, g.x1, g.y1 + out);
    if (!g.gap) continue;
    for (const [x, y] of [[g.x0, g.y0], [g.x1, g.y1]] as const) {
      if (flat) line(x, y - bar, x, y + bar);
      else line(x - bar, y, x + bar, y);
    }
  }
  ctx.stroke();
}

function struck(ctx: CanvasRenderingContext2D, s: Scene, edges: readonly number[]) {
  for (const [colour, width, dash] of [[s.theme.canvas, 5, []], [s.theme.danger, 3, [6, 5]]] as const) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = lineWidth(s.cam.z, width);
    ctx.setLineDash([...dash]);
    ctx.beginPath();
    for (const k of edges) if (s.graph.drawn(k)) trace(ctx, s.graph, k);
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

function blade(ctx: CanvasRenderingContext2D, s: Scene, way: readonly Point[]) {
  const px = 1 / s.cam.z, tip = way.at(-1)!;
  ctx.lineCap = ctx.lineJoin = 'round';
  ctx.beginPath();
  way.forEach((p, i) => (i ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)));
  for (const [colour, width] of [[s.theme.canvas, 5], [s.theme.danger, 2]] as const) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width * px;
    ctx.stroke();
  }
  ctx.lineCap = 'butt';
  ctx.lineJoin = 'miter';
  ctx.beginPath();
  ctx.arc(tip.x, tip.y, 3.5 * px, 0, 7);
  ctx.fillStyle = s.theme.danger;
  ctx.fill();
}
