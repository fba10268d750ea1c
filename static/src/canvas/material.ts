// What comes from outside and becomes steps: texts, addresses and whole graphs.
// Several are laid out without overlap and added as one undo step.
import { newStep, taken } from './add';
import type { Board } from './board';
import { insertion, type Clip } from './clipboard';
import type { Diff } from './diff';
import type { Point, RFEdge, RFNode } from './document';
import { snap, union, type Box } from './geometry';
import { Graph } from './graph';

/** The longest text that becomes a step, in bytes. */
export const LONGEST_TEXT = 256 * 1024;

/** One thing to add: a step of a kind, or a graph. */
export type Item = { kind: string; name?: string; data: Record<string, unknown> } | { clip: Clip };

const PER_ROW = 3, BETWEEN = 40;

/** imageAddress returns the address of a picture when a text is nothing else: https with a picture's ending, or a picture in itself. */
export function imageAddress(text: string): string | null {
  const t = text.trim();
  if (/\s/.test(t)) return null;
  if (/^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$/.test(t)) return t;
  if (!/^https:\/\//i.test(t) || !URL.canParse(t)) return null;
  const u = new URL(t);
  return !u.username && /\.(png|jpe?g|gif|webp)$/i.test(u.pathname) ? t : null;
}

/** itemOf returns the step that a text becomes, or why it becomes none. */
export function itemOf(text: string, name?: string): Item | string {
  const address = imageAddress(text);
  if (address) return { kind: 'image', name, data: { url: address } };
  if (!text.trim()) return 'There is no text to add.';
  if (new TextEncoder().encode(text).length > LONGEST_TEXT) return 'The text is longer than 256 KiB and cannot become a step.';
  return { kind: 'text', name, data: { text: text.replace(/\r\n?/g, '\n') } };
}

/** pasteText adds a text or an address as a step at the pointer, or says why not. */
export function pasteText(b: Board, text: string) {
  const item = itemOf(text);
  if (typeof item === 'string') refuse(b, item);
  else add(b, [item], b.pointer());
}

function refuse(b: Board, why: string) {
  b.say(why);
  b.view.tip(why, { x: b.view.cam.width / 2 - 128, y: 40 });
  setTimeout(() => b.view.tip(null), 4000);
}

interface Piece { nodes: RFNode[]; edges: RFEdge[]; box: Box; shift(by: Point): void }

/** add puts items at a point of the document, the first one there, the others beside it; without a point in the middle of the view. */
export function add(b: Board, items: readonly Item[], at: Point | null) {
  const start = at ?? middle(b), placed: Box[] = [], pieces = items.map((item) => piece(b, item));
  let x = start.x, y = start.y, bottom = start.y;
  pieces.forEach((p, n) => {
    const w = p.box.x1 - p.box.x0, h = p.box.y1 - p.box.y0;
    if (!n) x = start.x - Math.min(w / 2, 128);
    if (n && n % PER_ROW === 0) { x = start.x - 128; y = bottom + BETWEEN; }
    const spot = n || !at ? free(b, placed, { x: snap(x), y: snap(n ? y : y - 20) }, w, h) : { x: snap(x), y: snap(y - 20) };
    if (!n) y = spot.y;
    p.shift({ x: spot.x - p.box.x0, y: spot.y - p.box.y0 });
    placed.push({ x0: spot.x, y0: spot.y, x1: spot.x + w, y1: spot.y + h });
    x = spot.x + w + BETWEEN;
    bottom = Math.max(bottom, spot.y + h);
  });
  commit(b, pieces, placed);
}

function commit(b: Board, pieces: Piece[], placed: Box[]) {
  const nodes = pieces.flatMap((p) => p.nodes), n = nodes.length, what = n === 1 ? '1 step' : `${n} steps`;
  const diff: Diff = { nodes: { put: nodes }, edges: { put: pieces.flatMap((p) => p.edges) } };
  b.store.apply(diff, `Add ${what}`, { select: { nodes: nodes.filter((m) => !m.parentId).map((m) => m.id), edges: [] } });
  b.view.raise(nodes.map((m) => b.graph.at(m.id)));
  const all = placed.reduce<Box | null>((box, next) => union(box, next), null);
  if (all) bring(b, all);
  b.say(`${what} added.`);
}

// What is too large to be seen at once is shown smaller.
function bring(b: Board, box: Box) {
  const s = b.view.cam.seen();
  if (box.x1 - box.x0 > s.x1 - s.x0 || box.y1 - box.y0 > s.y1 - s.y0) b.view.fit(box);
  else b.view.reveal(box);
}

function piece(b: Board, item: Item): Piece {
  if ('clip' in item) return graphPiece(b, item.clip);
  const { node, shape } = newStep(b, item.kind, item.data, item.name);
  const out: Piece = { nodes: [node], edges: [], box: { x0: 0, y0: 0, x1: shape.w, y1: shape.h }, shift: (by) => { out.nodes = [{ ...node, position: by }]; } };
  return out;
}

function graphPiece(b: Board, clip: Clip): Piece {
  const g = new Graph({ ...clip }, b.specs);
  let box: Box | null = null;
  for (const i of g.nodes.keys()) box = union(box, g.box(i));
  const out: Piece = {
    nodes: [], edges: [], box: box ?? { x0: 0, y0: 0, x1: 0, y1: 0 },
    shift: (by) => {
      const { diff } = insertion(clip, by, (id) => b.store.has(id));
      out.nodes = diff.nodes?.put ?? [];
      out.edges = diff.edges?.put ?? [];
    },
  };
  return out;
}

function free(b: Board, placed: readonly Box[], p: Point, w: number, h: number): Point {
  const hits = (q: Point) => taken(b, q, w, h) || placed.some((o) => q.x < o.x1 + 20 && q.x + w + 20 > o.x0 && q.y < o.y1 + 20 && q.y + h + 20 > o.y0);
  let { x, y } = p;
  while (hits({ x, y })) y += 20;
  return { x, y };
}

function middle(b: Board): Point {
  const s = b.view.cam.seen();
  return { x: (s.x0 + s.x1) / 2, y: (s.y0 + s.y1) / 2 - 60 };
}
