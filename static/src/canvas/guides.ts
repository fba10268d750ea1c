// Guides while dragging: which lines a moving box could meet, and by how much it must move to meet them.
import type { Box } from './geometry';

/** A line to draw, in document pixels. A gap has bars at its ends. */
export interface Guide { x0: number; y0: number; x1: number; y1: number; gap: boolean }

/** What the guides say: how far to move on each axis, null where nothing is near. */
export interface Pull { dx: number | null; dy: number | null }

type Low = 'x0' | 'y0';
type High = 'x1' | 'y1';
interface Ends { lo: Low; hi: High }
interface Axis extends Ends { other: Ends }

const X: Axis = { lo: 'x0', hi: 'x1', other: { lo: 'y0', hi: 'y1' } };
const Y: Axis = { lo: 'y0', hi: 'y1', other: { lo: 'x0', hi: 'x1' } };

const stops = (b: Box, a: Ends): number[] => [b[a.lo], (b[a.lo] + b[a.hi]) / 2, b[a.hi]];

/** pull returns the smallest move within a distance that lines a box up with others or makes equal gaps. */
export function pull(box: Box, others: readonly Box[], within: number): Pull {
  return { dx: pullOn(box, others, X, within), dy: pullOn(box, others, Y, within) };
}

function pullOn(box: Box, others: readonly Box[], a: Axis, within: number): number | null {
  let best: number | null = null;
  const offer = (d: number) => {
    if (Math.abs(d) <= within && (best === null || Math.abs(d) < Math.abs(best))) best = d;
  };
  const own = stops(box, a);
  for (const o of others) for (const s of stops(o, a)) for (const mine of own) offer(s - mine);
  for (const s of spacings(box, others, a)) offer(s - box[a.lo]);
  return best;
}

// The boxes that a box shares a row (or a column) with, on each side, nearest first.
function beside(box: Box, others: readonly Box[], a: Axis): { before: Box[]; after: Box[] } {
  const row = others.filter((o) => o[a.other.lo] < box[a.other.hi] && o[a.other.hi] > box[a.other.lo]);
  const middle = (box[a.lo] + box[a.hi]) / 2;
  const before = row.filter((o) => (o[a.lo] + o[a.hi]) / 2 < middle).sort((p, q) => q[a.hi] - p[a.hi]);
  const after = row.filter((o) => (o[a.lo] + o[a.hi]) / 2 >= middle).sort((p, q) => p[a.lo] - q[a.lo]);
  return { before, after };
}

// Where the low edge of the box would make two gaps equal: between two, after two, before two.
function spacings(box: Box, others: readonly Box[], a: Axis): number[] {
  const { before, after } = beside(box, others, a), size = box[a.hi] - box[a.lo], out: number[] = [];
  const [l, ll] = before, [r, rr] = after;
  if (l && r && r[a.lo] - l[a.hi] >= size) out.push((l[a.hi] + r[a.lo] - size) / 2);
  if (l && ll && l[a.lo] > ll[a.hi]) out.push(l[a.hi] + l[a.lo] - ll[a.hi]);
  if (r && rr && rr[a.lo] > r[a.hi]) out.push(r[a.lo] + r[a.hi] - rr[a.lo] - size);
  return out;
}

const near = (a: number, b: number) => Math.abs(a - b) < 0.5;

/** guidesOf returns the lines of everything that a box at its final place meets. */
export function guidesOf(box: Box, others: readonly Box[]): Guide[] {
  return [...lines(box, others, X), ...lines(box, others, Y), ...gaps(box, others, X), ...gaps(box, others, Y)];
}

// One line for each place where edges or middles meet, as long as the boxes on it.
function lines(box: Box, others: readonly Box[], a: Axis): Guide[] {
  const found = new Map<number, { lo: number; hi: number }>();
  const own = stops(box, a);
  for (const o of others) {
    const theirs = stops(o, a);
    for (const mine of own) {
      if (!theirs.some((s) => near(s, mine))) continue;
      const span = found.get(mine) ?? { lo: box[a.other.lo], hi: box[a.other.hi] };
      found.set(mine, { lo: Math.min(span.lo, o[a.other.lo]), hi: Math.max(span.hi, o[a.other.hi]) });
    }
  }
  return [...found].map(([at, s]) => segment(a, at, at, s.lo, s.hi, false));
}

function segment(a: Axis, p0: number, p1: number, q0: number, q1: number, gap: boolean): Guide {
  return a === X ? { x0: p0, x1: p1, y0: q0, y1: q1, gap } : { y0: p0, y1: p1, x0: q0, x1: q1, gap };
}

function gaps(box: Box, others: readonly Box[], a: Axis): Guide[] {
  const { before, after } = beside(box, others, a), [l, ll] = before, [r, rr] = after;
  const equal = (pairs: [Box, Box][]): Guide[] => {
    const sizes = pairs.map(([p, q]) => q[a.lo] - p[a.hi]);
    if (sizes.some((s) => s < 1 || !near(s, sizes[0]!))) return [];
    return pairs.map(([p, q]) => {
      const at = (Math.max(p[a.other.lo], q[a.other.lo]) + Math.min(p[a.other.hi], q[a.other.hi])) / 2;
      return segment(a, p[a.hi], q[a.lo], at, at, true);
    });
  };
  if (l && r) {
    const both = equal([[l, box], [box, r]]);
    if (both.length) return both;
  }
  return [...(l && ll ? equal([[ll, l], [l, box]]) : []), ...(r && rr ? equal([[box, r], [r, rr]]) : [])];
}
