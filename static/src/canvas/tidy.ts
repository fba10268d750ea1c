// Tidying up: a layered layout from left to right. Connected parts are laid out one
// by one and packed in rows; single nodes come last, in rows of their own.
import type { Point } from './document';
import { GRID } from './geometry';
import { layered, type Layered, type Link } from './layers';

/** A box to place. */
export interface Item { x: number; y: number; w: number; h: number }

/** A connection, with the heights of its ends within their boxes. */
export interface Wire extends Link { out: number; into: number }

/** Space between layers, between boxes of a layer, and between parts. */
const ACROSS = 120, DOWN = 40, PARTS = 80;

/** Rounds of moving boxes towards their neighbours. */
const ROUNDS = 3;

const up = (v: number) => Math.ceil(v / GRID) * GRID;

/** tidied returns the new corner of each item. The top left of everything stays where it was. */
export function tidied(items: readonly Item[], wires: readonly Wire[]): Point[] {
  const out: Point[] = items.map(({ x, y }) => ({ x, y }));
  if (!items.length) return out;
  const parts = partsOf(items, wires);
  const joined = parts.filter((p) => p.length > 1), single = parts.filter((p) => p.length === 1).map((p) => p[0]!);
  const part = new Int32Array(items.length), own: Wire[][] = joined.map(() => []);
  joined.forEach((p, k) => { for (const i of p) part[i] = k; });
  for (const w of wires) if (w.from !== w.to) own[part[w.from]!]!.push(w);
  const blocks = joined.map((p, k) => laidOut(p, items, own[k]!));
  const origin = { x: Math.min(...items.map((i) => i.x)), y: Math.min(...items.map((i) => i.y)) };
  const snapped = { x: Math.round(origin.x / GRID) * GRID, y: Math.round(origin.y / GRID) * GRID };
  const bottom = pack(blocks.map((b) => b.size), PARTS, snapped, (k, at) => {
    for (const [i, p] of blocks[k]!.places) out[i] = { x: at.x + p.x, y: at.y + p.y };
  });
  const lone = single.map((i) => ({ w: items[i]!.w, h: items[i]!.h }));
  pack(lone, DOWN, { x: snapped.x, y: blocks.length ? bottom + PARTS : snapped.y }, (k, at) => { out[single[k]!] = at; });
  return out;
}

// Connected parts, those that lie highest first.
function partsOf(items: readonly Item[], wires: readonly Wire[]): number[][] {
  const root = Int32Array.from(items, (_, i) => i);
  const find = (i: number): number => {
    while (root[i] !== i) i = root[i] = root[root[i]!]!;
    return i;
  };
  for (const w of wires) root[find(w.from)] = find(w.to);
  const parts = new Map<number, number[]>();
  for (let i = 0; i < items.length; i++) {
    const r = find(i), part = parts.get(r);
    if (part) part.push(i);
    else parts.set(r, [i]);
  }
  const top = (p: number[]) => Math.min(...p.map((i) => items[i]!.y)), left = (p: number[]) => Math.min(...p.map((i) => items[i]!.x));
  return [...parts.values()].map((p) => ({ p, y: top(p), x: left(p) })).sort((a, b) => a.y - b.y || a.x - b.x).map((e) => e.p);
}

// Rows of blocks, about as wide as high; it returns where the last row ends.
function pack(sizes: readonly { w: number; h: number }[], gap: number, from: Point, put: (k: number, at: Point) => void): number {
  const area = sizes.reduce((sum, s) => sum + (s.w + gap) * (s.h + gap), 0);
  const width = Math.max(Math.sqrt(area * 1.6), ...sizes.map((s) => s.w));
  let x = from.x, y = from.y, row = 0;
  sizes.forEach((s, k) => {
    if (x > from.x && x + s.w > from.x + width) {
      x = from.x;
      y += up(row + gap);
      row = 0;
    }
    put(k, { x, y });
    x += up(s.w + gap);
    row = Math.max(row, s.h);
  });
  return y + up(row);
}

interface Block { size: { w: number; h: number }; places: [number, Point][] }

function laidOut(part: readonly number[], items: readonly Item[], wires: readonly Wire[]): Block {
  const at = new Map(part.map((i, k) => [i, k]));
  const own = wires.map((w) => ({ ...w, from: at.get(w.from)!, to: at.get(w.to)! }));
  const boxes = part.map((i) => items[i]!);
  const g = layered(boxes.map((b) => b.y + b.h / 2), own);
  const y = heights(g, boxes, own), x = columns(g, boxes);
  const top = Math.min(...boxes.map((_, k) => y[k]!));
  const places = part.map((i, k): [number, Point] => [i, { x: x[k]!, y: Math.round(y[k]! - top) }]);
  const w = Math.max(...boxes.map((b, k) => x[k]! + b.w)), h = Math.max(...boxes.map((b, k) => y[k]! - top + b.h));
  return { size: { w, h }, places };
}

// Each layer is as wide as its widest box; boxes are in its middle of the grid.
function columns(g: Layered, boxes: readonly Item[]): number[] {
  const x: number[] = [];
  let left = 0;
  for (const layer of g.layers) {
    const real = layer.filter((i) => i < boxes.length);
    const width = Math.max(0, ...real.map((i) => boxes[i]!.w));
    for (const i of real) x[i] = left;
    left += up(width + (real.length ? ACROSS : GRID));
  }
  return x;
}

/** The neighbours of each node on one side, and how far below each of them the node's edge wants it. */
interface Side { near: number[][]; by: number[][] }

// Boxes move towards the places where their edges would be straight, as near as
// their neighbours above and below allow; pieces of long edges pull hardest.
function heights(g: Layered, boxes: readonly Item[], wires: readonly Wire[]): Float64Array {
  const n = g.before.length, y = new Float64Array(n), tall = (i: number) => boxes[i]?.h ?? 0;
  const port = ports(boxes, wires);
  for (const layer of g.layers) {
    let at = 0;
    for (const i of layer) {
      y[i] = at;
      at += tall(i) + DOWN;
    }
    for (const i of layer) y[i]! -= at / 2;
  }
  const weigh = (i: number) => (i >= boxes.length ? 8 : 1);
  const pulls = (near: number[][]) => near.map((list, i) => list.map((j) => port(j, i) - port(i, j)));
  const before = { near: g.before, by: pulls(g.before) }, after = { near: g.after, by: pulls(g.after) };
  const settle = (layer: number[], sides: readonly Side[]) => {
    const want: number[] = [], weight: number[] = [];
    for (const i of layer) {
      const all: number[] = [];
      for (const s of sides) for (let k = 0; k < s.near[i]!.length; k++) all.push(y[s.near[i]![k]!]! + s.by[i]![k]!);
      want.push(all.length ? middle(all) : y[i]!);
      weight.push(all.length ? weigh(i) : 0.1);
    }
    spread(want, weight, layer.map(tall), DOWN).forEach((v, k) => { y[layer[k]!] = v; });
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (let k = 1; k < g.layers.length; k++) settle(g.layers[k]!, [before]);
    for (let k = g.layers.length - 2; k >= 0; k--) settle(g.layers[k]!, [after]);
  }
  for (const layer of g.layers) settle(layer, [before, after]);
  return y;
}

// Where an edge between two boxes ends on the first of them; pieces have no height.
function ports(boxes: readonly Item[], wires: readonly Wire[]): (i: number, j: number) => number {
  const known = new Map<number, number>(), n = boxes.length;
  const outs = new Map<number, number>(), ins = new Map<number, number>();
  for (const w of wires) {
    known.set(w.from * n + w.to, w.out);
    known.set(w.to * n + w.from, w.into);
    outs.set(w.from, w.out);
    ins.set(w.to, w.into);
  }
  return (i, j) => {
    if (i >= n) return 0;
    if (j < n) return known.get(i * n + j) ?? boxes[i]!.h / 2;
    return outs.get(i) ?? ins.get(i) ?? boxes[i]!.h / 2;
  };
}

function middle(values: number[]): number {
  if (values.length < 3) return values.length === 1 ? values[0]! : (values[0]! + values[1]!) / 2;
  values.sort((a, b) => a - b);
  const half = values.length >> 1;
  return values.length % 2 ? values[half]! : (values[half - 1]! + values[half]!) / 2;
}

/** spread returns the places nearest to those wanted, by weighted squares, that keep the order and the gaps. */
export function spread(want: readonly number[], weight: readonly number[], size: readonly number[], gap: number): number[] {
  const shift: number[] = [];
  let used = 0;
  for (const s of size) {
    shift.push(used);
    used += s + gap;
  }
  // Pool neighbours that would overlap until all are in order.
  const pools: { sum: number; weight: number; count: number }[] = [];
  want.forEach((w, i) => {
    let pool = { sum: (w - shift[i]!) * weight[i]!, weight: weight[i]!, count: 1 };
    for (let last = pools.at(-1); last && last.sum / last.weight > pool.sum / pool.weight; last = pools.at(-1)) {
      pools.pop();
      pool = { sum: last.sum + pool.sum, weight: last.weight + pool.weight, count: last.count + pool.count };
    }
    pools.push(pool);
  });
  const out: number[] = [];
  for (const p of pools) for (let k = 0; k < p.count; k++) out.push(p.sum / p.weight + shift[out.length]!);
  return out;
}
