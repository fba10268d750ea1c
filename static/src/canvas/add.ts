// Adding a step: its data from the kind's defaults, its place free or where it was dropped.
import type { Board } from './board';
import { newId, type Point, type RFNode } from './document';
import { snap } from './geometry';
import { shapeOf } from './layout';
import { defaults } from './spec';

/** addNode adds a step of a kind, selects it and returns its id. */
export function addNode(b: Board, kind: string, at?: Point): string {
  const spec = b.specs.find((s) => s.type === kind);
  const id = newId('n_', (candidate) => b.store.has(candidate));
  const title = spec?.title ?? kind;
  const bare: RFNode = { id, type: kind, position: { x: 0, y: 0 }, data: spec ? defaults(spec, freeName(b, title)) : { label: title } };
  const { w, h } = shapeOf(bare, spec, spec?.inputs ?? [], spec?.outputs ?? []);
  const position = at ? { x: snap(at.x - w / 2), y: snap(at.y - 20) } : freePlace(b, w, h);
  b.store.apply({ nodes: { put: [{ ...bare, position }] } }, `Add ${title}`, { select: { nodes: [id], edges: [] } });
  const i = b.graph.at(id);
  b.view.raise([i]);
  if (!at) b.view.reveal(b.graph.box(i));
  b.say(`${title} added.`);
  return id;
}

/** freeName numbers a title that is in use: "Text", "Text 2". */
function freeName(b: Board, title: string): string {
  const used = new Set(b.graph.nodes.map((n) => (n.data as { label?: unknown } | undefined)?.label));
  if (!used.has(title)) return title;
  for (let n = 2; ; n++) if (!used.has(`${title} ${n}`)) return `${title} ${n}`;
}

// Rings of places around the middle of the view until one is free.
function freePlace(b: Board, w: number, h: number): Point {
  const g = b.graph, seen = b.view.cam.seen();
  const x = snap((seen.x0 + seen.x1 - w) / 2), y = snap((seen.y0 + seen.y1 - h) / 2), rim = 20;
  const taken = (p: Point) => g.nodes.some((_, i) => !g.frame[i] && p.x < g.x[i]! + g.w[i]! + rim && p.x + w + rim > g.x[i]! && p.y < g.y[i]! + g.h[i]! + rim && p.y + h + rim > g.y[i]!);
  for (let ring = 0; ring < 40; ring++) {
    for (let dx = -ring; dx <= ring; dx++) {
      for (let dy = -ring; dy <= ring; dy++) {
        const p = { x: x + dx * 60, y: y + dy * 60 };
        if (Math.max(Math.abs(dx), Math.abs(dy)) === ring && !taken(p)) return p;
      }
    }
  }
  return { x, y };
}
