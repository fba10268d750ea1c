// What lies under a point.
import type { Point } from './document';
import { curveBox, grown, nearCurve } from './geometry';
import type { Graph } from './graph';

/** nodeAt returns the topmost node at a document point, or -1. */
export function nodeAt(g: Graph, among: readonly number[], p: Point, order: (i: number) => number): number {
  let best = -1, top = -1;
  for (const i of among) {
    if (p.x < g.x[i]! || p.y < g.y[i]! || p.x > g.x[i]! + g.w[i]! || p.y > g.y[i]! + g.h[i]!) continue;
    const z = order(i);
    if (z >= top) { top = z; best = i; }
  }
  return best;
}

/** edgeAt returns the edge nearest to a document point within a tolerance, and where along it. */
export function edgeAt(g: Graph, among: readonly number[], p: Point, within: number): { edge: number; t: number } | null {
  let best = within, found: { edge: number; t: number } | null = null;
  for (const k of among) {
    if (!g.shown(k)) continue;
    const a = g.from(k), b = g.to(k), box = grown(curveBox(a, b), within, within);
    if (p.x < box.x0 || p.x > box.x1 || p.y < box.y0 || p.y > box.y1) continue;
    const { distance, t } = nearCurve(a, b, p);
    if (distance <= best) { best = distance; found = { edge: k, t }; }
  }
  return found;
}
