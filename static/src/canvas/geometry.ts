// Pure geometry: rectangles, the curve of an edge, distances, snapping.
import type { Point } from './document';

/** A rectangle by its edges. */
export interface Box { x0: number; y0: number; x1: number; y1: number }

/** The distance between grid dots, and one step of an arrow key. */
export const GRID = 20;

/** boxOf returns the box with two opposite corners. */
export function boxOf(a: Point, b: Point): Box {
  return { x0: Math.min(a.x, b.x), y0: Math.min(a.y, b.y), x1: Math.max(a.x, b.x), y1: Math.max(a.y, b.y) };
}

/** touches reports whether two boxes share area. */
export function touches(a: Box, b: Box): boolean {
  return a.x0 < b.x1 && a.x1 > b.x0 && a.y0 < b.y1 && a.y1 > b.y0;
}

/** covers reports whether a contains all of b. */
export function covers(a: Box, b: Box): boolean {
  return a.x0 <= b.x0 && a.y0 <= b.y0 && a.x1 >= b.x1 && a.y1 >= b.y1;
}

/** union returns the smallest box around both. */
export function union(a: Box | null, b: Box): Box {
  if (!a) return { ...b };
  return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) };
}

/** grown returns the box made larger on each side. */
export function grown(b: Box, dx: number, dy: number): Box {
  return { x0: b.x0 - dx, y0: b.y0 - dy, x1: b.x1 + dx, y1: b.y1 + dy };
}

/** clamp keeps v between lo and hi. */
export const clamp = (v: number, lo: number, hi: number): number => Math.min(hi, Math.max(lo, v));

/** snap returns the grid line nearest to v. */
export const snap = (v: number, step = GRID): number => Math.round(v / step) * step;

/** bend returns how far the control points of an edge lie from its ends. */
export function bend(ax: number, bx: number): number {
  return bx >= ax ? Math.max(24, (bx - ax) * 0.5) : 24 + Math.sqrt(ax - bx) * 6.25;
}

/** curvePoint returns the point of an edge's curve at t in 0..1. */
export function curvePoint(a: Point, b: Point, t: number): Point {
  const d = bend(a.x, b.x), s = 1 - t;
  const k0 = s * s * s, k1 = 3 * s * s * t, k2 = 3 * s * t * t, k3 = t * t * t;
  return { x: k0 * a.x + k1 * (a.x + d) + k2 * (b.x - d) + k3 * b.x, y: (k0 + k1) * a.y + (k2 + k3) * b.y };
}

/** curveBox returns a box that contains the whole curve. */
export function curveBox(a: Point, b: Point): Box {
  const d = bend(a.x, b.x);
  return { x0: Math.min(a.x, b.x - d), y0: Math.min(a.y, b.y), x1: Math.max(b.x, a.x + d), y1: Math.max(a.y, b.y) };
}

/** nearCurve returns the distance of p from the curve and where along it (0..1) that is. */
export function nearCurve(a: Point, b: Point, p: Point): { distance: number; t: number } {
  const steps = 24;
  let best = Infinity, at = 0, from = a;
  for (let j = 1; j <= steps; j++) {
    const to = curvePoint(a, b, j / steps);
    const lx = to.x - from.x, ly = to.y - from.y;
    const f = clamp(((p.x - from.x) * lx + (p.y - from.y) * ly) / (lx * lx + ly * ly || 1), 0, 1);
    const distance = Math.hypot(p.x - from.x - f * lx, p.y - from.y - f * ly);
    if (distance < best) { best = distance; at = (j - 1 + f) / steps; }
    from = to;
  }
  return { distance: best, t: at };
}

/** The width of the zone at the rim of the view that pans it, in screen pixels. */
export const RIM = 44;

/** rimSpeed returns the pixels per frame by which a drag near the rim pans, faster nearer the edge. */
export function rimSpeed(p: Point, width: number, height: number): Point {
  const axis = (v: number, size: number) => {
    if (v < RIM) return Math.min(1, (RIM - v) / RIM) * 18;
    if (v > size - RIM) return -Math.min(1, (v - size + RIM) / RIM) * 18;
    return 0;
  };
  return { x: axis(p.x, width), y: axis(p.y, height) };
}

/** Direction of a walk from card to card. */
export type Direction = 'left' | 'right' | 'up' | 'down';

/** nearest returns the index of the box that lies nearest in a direction, or -1. */
export function nearest(from: Point, centres: Iterable<[number, Point]>, dir: Direction): number {
  let best = Infinity, found = -1;
  for (const [i, c] of centres) {
    const dx = c.x - from.x, dy = c.y - from.y;
    const along = dir === 'right' ? dx : dir === 'left' ? -dx : dir === 'down' ? dy : -dy;
    const aside = dir === 'left' || dir === 'right' ? Math.abs(dy) : Math.abs(dx);
    if (along <= 1) continue;
    const cost = along + aside * 2;
    if (cost < best) { best = cost; found = i; }
  }
  return found;
}
