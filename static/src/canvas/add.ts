// Adding a step: its data from the kind's defaults, its place free or where it was
// dropped, and the connection it comes with.
import type { Board } from './board';
import { replaced, type End } from './connect';
import type { TableDiff } from './diff';
import { labelOf, newId, type Point, type RFEdge, type RFNode } from './document';
import { snap } from './geometry';
import type { Graph } from './graph';
import { ROW, shapeOf, type Shape } from './layout';
import { used } from './recent';
import { accepts, defaults, inputsFor, outputsFor, type Port, type Spec } from './spec';

/** Where a new step goes and what it is connected to. */
export interface Spot {
  /** A point of the document; null or absent finds free space. */
  at?: Point | null;
  /** The end of another step that it is connected to, where the types fit. */
  end?: End | null;
  /** Members for its data beside the kind's defaults. */
  data?: Record<string, unknown>;
}

/** The distance between a step and the one that is put beside it. */
const APART = 80;

/** addNode adds a step of a kind, selects it and returns its id. */
export function addNode(b: Board, kind: string, at?: Point): string {
  return addStep(b, kind, { at });
}

/** addStep adds a step and its connection as one undo step, selects it and returns its id. */
export function addStep(b: Board, kind: string, spot: Spot): string {
  const made = newStep(b, kind, spot.data), { spec, title, node: bare, shape } = made;
  const { id } = bare, { end = null } = spot;
  const port = end && spec ? partner(b.graph, end, spec) : -1;
  const at = spot.at ? dropped(spot.at, shape, end, port) : end && port >= 0 ? freeBeside(b, end, shape, port) : freePlace(b, shape.w, shape.h);
  const edges = end && spec && port >= 0 ? wiring(b, end, id, sideOf(spec, bare.data, end)[port]!) : undefined;
  b.store.apply({ nodes: { put: [{ ...bare, position: at }] }, edges }, `Add ${title}`, { select: { nodes: [id], edges: [] } });
  const i = b.graph.at(id);
  b.view.raise([i]);
  if (!spot.at || end) b.view.reveal(b.graph.box(i));
  b.say(edges ? `${title} added and connected to ${labelOf(b.graph.nodes[end!.node]!)}.` : `${title} added.`);
  used(kind);
  return id;
}

/** newStep returns a step that is not in the document yet, with its size. */
export function newStep(b: Board, kind: string, data?: Record<string, unknown>, name?: string): { spec: Spec | undefined; title: string; node: RFNode; shape: Shape } {
  const spec = b.specs.find((s) => s.type === kind), title = spec?.title ?? kind;
  const id = newId('n_', (candidate) => b.store.has(candidate));
  const label = name ?? freeName(b, title);
  const node: RFNode = { id, type: kind, position: { x: 0, y: 0 }, data: { ...(spec ? defaults(spec, label) : { label }), ...data } };
  const shape = shapeOf(node, spec, spec ? inputsFor(spec, node.data) : [], spec ? outputsFor(spec, node.data) : []);
  return { spec, title, node, shape };
}

const sideOf = (spec: Spec, data: unknown, end: End): readonly Port[] => (end.side === 'out' ? inputsFor(spec, data) : outputsFor(spec, data));

/** partner returns the port of a new step of a kind that an end can be connected to, -1 when none fits: one of the same type, else the first that takes it. */
export function partner(g: Graph, end: End, spec: Spec): number {
  const mine = g.ports(end.node, end.side)[end.port];
  if (!mine) return -1;
  const ports = sideOf(spec, defaults(spec, ''), end);
  const fits = (p: Port) => (end.side === 'out' ? accepts(p.type, mine.type) : accepts(mine.type, p.type));
  const same = ports.findIndex((p) => p.type === mine.type);
  return same >= 0 ? same : ports.findIndex(fits);
}

/** hook returns the end of the selected step that a new one would be connected to: its outputs first, then its free inputs. */
export function hook(b: Board, kind: string): End | null {
  const spec = b.specs.find((s) => s.type === kind), { nodes } = b.store.selection(), node = nodes.length === 1 ? b.graph.at(nodes[0]!) : -1;
  if (!spec || node < 0 || b.graph.frame[node]) return null;
  for (const side of ['out', 'in'] as const) {
    for (let port = 0; port < b.graph.ports(node, side).length; port++) {
      const end: End = { node, side, port };
      const taken = side === 'in' && !b.graph.ports(node, side)[port]!.multiple && b.graph.fed(node, port);
      if (!taken && partner(b.graph, end, spec) >= 0) return end;
    }
  }
  return null;
}

function wiring(b: Board, end: End, id: string, port: Port): TableDiff<RFEdge> {
  const g = b.graph, other = g.nodes[end.node]!.id, mine = g.ports(end.node, end.side)[end.port]!.name || null, theirs = port.name || null;
  const eid = newId('e_', (candidate) => b.store.has(candidate));
  if (end.side === 'out') return { put: [{ id: eid, source: other, target: id, sourceHandle: mine, targetHandle: theirs }] };
  return { put: [{ id: eid, source: id, target: other, sourceHandle: theirs, targetHandle: mine }], remove: replaced(g, end, -1) };
}

// A step at the end of a loose connection has its port there; else its header is under the pointer.
function dropped(at: Point, s: Shape, end: End | null, port: number): Point {
  if (!end || port < 0) return { x: snap(at.x - s.w / 2), y: snap(at.y - 20) };
  const down = (end.side === 'out' ? s.in0 : s.out0) + port * ROW;
  return { x: snap(end.side === 'out' ? at.x : at.x - s.w), y: snap(at.y - down) };
}

function freeBeside(b: Board, end: End, s: Shape, port: number): Point {
  const g = b.graph, here = g.portAt(end.node, end.side, end.port);
  const x = snap(end.side === 'out' ? g.x[end.node]! + g.w[end.node]! + APART : g.x[end.node]! - APART - s.w);
  let y = snap(here.y - (end.side === 'out' ? s.in0 : s.out0) - port * ROW);
  while (taken(b, { x, y }, s.w, s.h)) y += 20;
  return { x, y };
}

/** taken reports whether a card of a size would lie over another, or closer than a grid step. */
export function taken(b: Board, p: Point, w: number, h: number): boolean {
  const g = b.graph, rim = 20;
  return g.nodes.some((_, i) => !g.frame[i] && p.x < g.x[i]! + g.w[i]! + rim && p.x + w + rim > g.x[i]! && p.y < g.y[i]! + g.h[i]! + rim && p.y + h + rim > g.y[i]!);
}

/** freeName numbers a title that is in use: "Text", "Text 2". */
function freeName(b: Board, title: string): string {
  const names = new Set(b.graph.nodes.map((n) => (n.data as { label?: unknown } | undefined)?.label));
  if (!names.has(title)) return title;
  for (let n = 2; ; n++) if (!names.has(`${title} ${n}`)) return `${title} ${n}`;
}

/** freePlace returns a place near the middle of the view where nothing lies: rings around it until one is free. */
export function freePlace(b: Board, w: number, h: number): Point {
  const seen = b.view.cam.seen();
  const x = snap((seen.x0 + seen.x1 - w) / 2), y = snap((seen.y0 + seen.y1 - h) / 2);
  for (let ring = 0; ring < 40; ring++) {
    for (let dx = -ring; dx <= ring; dx++) {
      for (let dy = -ring; dy <= ring; dy++) {
        const p = { x: x + dx * 60, y: y + dy * 60 };
        if (Math.max(Math.abs(dx), Math.abs(dy)) === ring && !taken(b, p, w, h)) return p;
      }
    }
  }
  return { x, y };
}
