// Frames: steps taken together. A frame is a node of type "group"; what is in it
// names it as its parent, lies relative to it, and comes after it in the list.
import type { Board } from './board';
import type { Diff } from './diff';
import { newId, type Point, type RFNode } from './document';
import { GRID, union, type Box } from './geometry';
import type { Graph } from './graph';
import { HEAD } from './layout';
import { outermost } from './outermost';

const RIM = 20;

const rounded = (v: number) => Math.round(v * 100) / 100;

/** inside returns the member changes that put a node into a frame, or out of all with -1, where it lies now. */
export function inside(g: Graph, i: number, frame: number): Partial<RFNode> {
  return insideAt(g, i, frame < 0 ? undefined : g.nodes[frame]!.id, frame < 0 ? { x: 0, y: 0 } : { x: g.x[frame]!, y: g.y[frame]! });
}

function insideAt(g: Graph, i: number, parentId: string | undefined, corner: Point): Partial<RFNode> {
  const position = { ...g.nodes[i]!.position, x: rounded(g.x[i]! - corner.x), y: rounded(g.y[i]! - corner.y) };
  return { parentId, extent: undefined, position };
}

/** frameUnder returns the innermost open frame at a point that is not among the given nodes, or -1. */
export function frameUnder(g: Graph, among: readonly number[], p: Point, without: ReadonlySet<number>): number {
  let found = -1;
  for (const i of among) {
    if (!g.frame[i] || without.has(i) || g.shell[i]! >= 0 || g.nodes[i]!.data?.collapsed === true) continue;
    const b = g.box(i);
    if (p.x >= b.x0 && p.x <= b.x1 && p.y >= b.y0 && p.y <= b.y1 && (found < 0 || g.depth[i]! >= g.depth[found]!)) found = i;
  }
  return found;
}

/** ahead returns the moves in the list that put a frame, and those around it, before some nodes. */
export function ahead(b: Board, frame: number, places: readonly number[]): Record<string, number> {
  const g = b.graph, rows = b.store.doc().nodes, at = (i: number) => rows.indexOf(g.nodes[i]!);
  const first = Math.min(...places.map(at)), chain: number[] = [];
  for (let i = frame; i >= 0; i = g.parent[i]!) chain.unshift(i);
  const late = chain.filter((i) => at(i) > first);
  return Object.fromEntries(late.map((i, n) => [g.nodes[i]!.id, first + n]));
}

/** parented returns the change of nodes that were dropped in another frame than they came from, null when none was. */
export function parented(b: Board, places: readonly number[], frame: number): { update: Record<string, Partial<RFNode>>; move: Record<string, number> } | null {
  const g = b.graph, moved = places.filter((i) => g.parent[i] !== frame);
  if (!moved.length) return null;
  const update = Object.fromEntries(moved.map((i) => [g.nodes[i]!.id, inside(g, i, frame)]));
  if (frame < 0) return { update, move: {} };
  const size = grown(g, frame, moved);
  return { update: size ? { ...update, [g.nodes[frame]!.id]: size } : update, move: ahead(b, frame, moved) };
}

// A frame grows to the right and down around what it takes in.
function grown(g: Graph, frame: number, places: readonly number[]): Partial<RFNode> | null {
  const right = Math.max(...places.map((i) => g.x[i]! + g.w[i]! - g.x[frame]!)), low = Math.max(...places.map((i) => g.y[i]! + g.h[i]! - g.y[frame]!));
  if (right + RIM <= g.w[frame]! && low + RIM <= g.h[frame]!) return null;
  return { width: Math.max(g.w[frame]!, Math.ceil((right + RIM) / GRID) * GRID), height: Math.max(g.h[frame]!, Math.ceil((low + RIM) / GRID) * GRID) };
}

/** grouping returns the change that puts nodes into a new frame, and its id; null when there is nothing to group. */
export function grouping(b: Board, picked: readonly number[]): { diff: Diff; id: string; count: number } | null {
  const g = b.graph, places = outermost(g, picked).filter((i) => g.shell[i]! < 0);
  let box: Box | null = null;
  for (const i of places) box = union(box, g.box(i));
  if (!box) return null;
  const down = (v: number) => Math.floor(v / GRID) * GRID, up = (v: number) => Math.ceil(v / GRID) * GRID;
  const x0 = down(box.x0 - RIM), y0 = down(box.y0 - HEAD - RIM / 2), parents = new Set(places.map((i) => g.parent[i]!));
  const outer = parents.size === 1 ? [...parents][0]! : -1, o = outer < 0 ? { x: 0, y: 0 } : { x: g.x[outer]!, y: g.y[outer]! };
  const id = newId('n_', (x) => b.store.has(x));
  const frame: RFNode = {
    id, type: 'group', position: { x: rounded(x0 - o.x), y: rounded(y0 - o.y) }, ...(outer < 0 ? {} : { parentId: g.nodes[outer]!.id }),
    width: up(box.x1 + RIM) - x0, height: up(box.y1 + RIM) - y0, data: { label: 'Frame' },
  };
  const rows = b.store.doc().nodes, first = Math.min(...places.map((i) => rows.indexOf(g.nodes[i]!)));
  const update = Object.fromEntries(places.map((i) => [g.nodes[i]!.id, insideAt(g, i, id, { x: x0, y: y0 })]));
  return { diff: { nodes: { put: [frame], update, move: { [id]: first } } }, id, count: places.length };
}

/** ungrouping returns the change that takes frames away and leaves what was in them, and what that is. */
export function ungrouping(g: Graph, frames: readonly number[]): { diff: Diff; ids: string[] } {
  const gone = new Set(frames), update: Record<string, Partial<RFNode>> = {}, wires = new Set<string>();
  for (const f of frames) {
    for (const k of g.edgesOf(f)) wires.add(g.edges[k]!.id);
    let out = g.parent[f]!;
    while (out >= 0 && gone.has(out)) out = g.parent[out]!;
    for (const i of g.children(f)) if (!gone.has(i)) update[g.nodes[i]!.id] = inside(g, i, out);
  }
  return { diff: { nodes: { remove: frames.map((f) => g.nodes[f]!.id), update }, edges: { remove: [...wires] } }, ids: Object.keys(update) };
}
