// Lining up and spacing boxes: pure arithmetic.
import type { Point } from './document';
import { union, type Box } from './geometry';

/** How boxes are lined up. */
export type Alignment = 'left' | 'centre' | 'right' | 'top' | 'middle' | 'bottom';

/** aligned returns the top left corner of each box after lining all up with the box around them. */
export function aligned(boxes: readonly Box[], how: Alignment): Point[] {
  const all = boxes.reduce<Box | null>(union, null);
  if (!all) return [];
  return boxes.map((b) => {
    const w = b.x1 - b.x0, h = b.y1 - b.y0;
    switch (how) {
      case 'left': return { x: all.x0, y: b.y0 };
      case 'centre': return { x: (all.x0 + all.x1 - w) / 2, y: b.y0 };
      case 'right': return { x: all.x1 - w, y: b.y0 };
      case 'top': return { x: b.x0, y: all.y0 };
      case 'middle': return { x: b.x0, y: (all.y0 + all.y1 - h) / 2 };
      case 'bottom': return { x: b.x0, y: all.y1 - h };
    }
  });
}

/** distributed returns the corners after making the gaps equal along an axis; the outermost two stay.
 * Boxes that do not fit between them get a gap below zero: they overlap evenly. */
export function distributed(boxes: readonly Box[], axis: 'x' | 'y'): Point[] {
  const [lo, hi] = axis === 'x' ? (['x0', 'x1'] as const) : (['y0', 'y1'] as const);
  const out = boxes.map((b) => ({ x: b.x0, y: b.y0 }));
  const order = [...boxes.keys()].sort((a, b) => boxes[a]![lo] + boxes[a]![hi] - boxes[b]![lo] - boxes[b]![hi]);
  if (order.length < 3) return out;
  const first = boxes[order[0]!]!, last = boxes[order.at(-1)!]!;
  const used = boxes.reduce((sum, b) => sum + b[hi] - b[lo], 0);
  const gap = (last[hi] - first[lo] - used) / (order.length - 1);
  let at = first[lo];
  for (const i of order) {
    out[i]![axis] = at;
    at += boxes[i]![hi] - boxes[i]![lo] + gap;
  }
  return out;
}
