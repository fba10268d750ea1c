// Layers of a graph: each node right of all that feed it, long edges cut into
// pieces, and an order within each layer that crosses few edges.

/** A connection between two nodes, by place. */
export interface Link { from: number; to: number }

/** A graph in layers. Nodes beyond the given ones stand for long edges on their way through a layer. */
export interface Layered {
  /** Nodes of each layer from top to bottom. */
  layers: number[][];
  /** Neighbours in the layer before and after. */
  before: number[][];
  after: number[][];
}

/** More pieces of long edges than this are not made: such edges take no room. */
const MOST_PIECES = 4_000;

/** SWEEPS is how often the order is improved each way. */
const SWEEPS = 4;

/** forward returns the links with those turned round that would close a loop; self loops go. */
export function forward(n: number, links: readonly Link[]): Link[] {
  const out = outgoing(n, links), state = new Uint8Array(n), turned = new Set<number>();
  const next = new Int32Array(n);
  for (let root = 0; root < n; root++) {
    if (state[root]) continue;
    const stack = [root];
    state[root] = 1;
    while (stack.length) {
      const i = stack.at(-1)!, k = out[i]![next[i]!++];
      if (k === undefined) {
        state[i] = 2;
        stack.pop();
        continue;
      }
      const to = links[k]!.to;
      if (state[to] === 1) turned.add(k);
      else if (!state[to]) {
        state[to] = 1;
        stack.push(to);
      }
    }
  }
  return links.map((l, k) => (turned.has(k) ? { from: l.to, to: l.from } : l)).filter((l) => l.from !== l.to);
}

function outgoing(n: number, links: readonly Link[]): number[][] {
  const out: number[][] = Array.from({ length: n }, () => []);
  links.forEach((l, k) => out[l.from]!.push(k));
  return out;
}

/** ranks returns the layer of each node: the longest way from a start, starts pulled next to what they feed. */
export function ranks(n: number, links: readonly Link[]): Int32Array {
  const out = outgoing(n, links), waits = new Int32Array(n), rank = new Int32Array(n);
  for (const l of links) waits[l.to]!++;
  const fed = Int32Array.from(waits);
  const queue = [...waits.keys()].filter((i) => !waits[i]);
  for (const i of queue) {
    for (const k of out[i]!) {
      const { to } = links[k]!;
      rank[to] = Math.max(rank[to]!, rank[i]! + 1);
      if (!--waits[to]!) queue.push(to);
    }
  }
  for (let i = 0; i < n; i++) if (!fed[i] && out[i]!.length) rank[i] = Math.min(...out[i]!.map((k) => rank[links[k]!.to]!)) - 1;
  return rank;
}

/** layered puts nodes into layers in an order that crosses few edges. height is where each node lies now: it decides the first order. */
export function layered(height: readonly number[], links: readonly Link[]): Layered {
  const straight = forward(height.length, links), rank = [...ranks(height.length, straight)];
  const { ends, heights } = pieces([...height], rank, straight);
  const n = heights.length, before: number[][] = Array.from({ length: n }, () => []), after: number[][] = Array.from({ length: n }, () => []);
  for (const l of ends) {
    after[l.from]!.push(l.to);
    before[l.to]!.push(l.from);
  }
  const layers: number[][] = [];
  for (let i = 0; i < n; i++) (layers[rank[i]!] ??= []).push(i);
  for (let k = 0; k < layers.length; k++) (layers[k] ??= []).sort((a, b) => heights[a]! - heights[b]!);
  return { layers: sorted(layers, before, after), before, after };
}

// A long edge becomes a chain with one new node in each layer that it passes; the
// long edges of one node share their chain as far as they go together.
function pieces(heights: number[], rank: number[], links: readonly Link[]): { ends: Link[]; heights: number[] } {
  const ends: Link[] = [], own = heights.length, chains = new Map<number, number[]>();
  for (const l of links) {
    const span = rank[l.to]! - rank[l.from]!;
    if (span > 1 && heights.length - own + span > MOST_PIECES) continue;
    const chain = chains.get(l.from) ?? [l.from];
    chains.set(l.from, chain);
    while (chain.length < span) {
      const i = heights.length;
      heights.push(heights[l.from]! + ((heights[l.to]! - heights[l.from]!) * chain.length) / span);
      rank.push(rank[l.from]! + chain.length);
      ends.push({ from: chain.at(-1)!, to: i });
      chain.push(i);
    }
    ends.push({ from: chain[span - 1]!, to: l.to });
  }
  return { ends, heights };
}

// Median sweeps down and up; the best order seen is kept.
function sorted(layers: number[][], before: number[][], after: number[][]): number[][] {
  let best = layers.map((l) => [...l]), fewest = crossings(layers, after);
  const place = new Int32Array(before.length), want = new Float64Array(before.length);
  layers.forEach((l) => l.forEach((i, at) => { place[i] = at; }));
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    for (let k = 1; k < layers.length; k++) reorder(layers[k]!, before, place, want);
    for (let k = layers.length - 2; k >= 0; k--) reorder(layers[k]!, after, place, want);
    const now = crossings(layers, after);
    if (now >= fewest) break;
    fewest = now;
    best = layers.map((l) => [...l]);
  }
  return best;
}

function reorder(layer: number[], neighbours: number[][], place: Int32Array, want: Float64Array) {
  for (const i of layer) want[i] = median(neighbours[i]!, place);
  // Nodes without a neighbour stay at their place among the others.
  const free = layer.filter((i) => want[i]! >= 0).sort((a, b) => want[a]! - want[b]! || place[a]! - place[b]!);
  let at = 0;
  layer.forEach((i, k) => { if (want[i]! >= 0) layer[k] = free[at++]!; });
  layer.forEach((i, k) => { place[i] = k; });
}

function median(neighbours: number[], place: Int32Array): number {
  const n = neighbours.length;
  if (n < 3) return n === 0 ? -1 : n === 1 ? place[neighbours[0]!]! : (place[neighbours[0]!]! + place[neighbours[1]!]!) / 2;
  const at = neighbours.map((i) => place[i]!).sort((a, b) => a - b), half = n >> 1;
  return n % 2 ? at[half]! : (at[half - 1]! + at[half]!) / 2;
}

/** crossings counts the pairs of edges between neighbouring layers that cross. */
export function crossings(layers: readonly number[][], after: readonly number[][]): number {
  const place = new Int32Array(after.length);
  let total = 0;
  for (let k = 0; k + 1 < layers.length; k++) {
    layers[k + 1]!.forEach((i, at) => { place[i] = at; });
    const ends: number[] = [];
    for (const i of layers[k]!) {
      const from = ends.length;
      for (const t of after[i]!) ends.push(place[t]!);
      if (ends.length - from > 1) ends.push(...ends.splice(from).sort((a, b) => a - b));
    }
    total += inversions(ends, layers[k + 1]!.length);
  }
  return total;
}

// Pairs in the wrong order, counted with a binary indexed tree.
function inversions(values: readonly number[], most: number): number {
  const tree = new Int32Array(most + 1);
  let count = 0;
  values.forEach((v, seen) => {
    let notAbove = 0;
    for (let t = v + 1; t > 0; t -= t & -t) notAbove += tree[t]!;
    count += seen - notAbove;
    for (let t = v + 1; t <= most; t += t & -t) tree[t]!++;
  });
  return count;
}
