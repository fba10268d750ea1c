// Inserting a new step into a connection.
import type { Board } from './board';
import { newId, type Point, type RFNode } from './document';
import { curvePoint, snap } from './geometry';
import type { Graph } from './graph';
import { shapeOf } from './layout';
import { defaults, inputsFor, outputsFor } from './spec';
import { candidates, splicing, type Candidate } from './splice';
import { movement } from './tools/drag';

/** Space kept on both sides of an inserted step. */
const ROOM = 60;

/** middleOf returns the point half way along an edge. */
export function middleOf(g: Graph, k: number): Point {
  return curvePoint(g.from(k), g.to(k), 0.5);
}

/** insertOn lets the user choose a kind that fits both ends of an edge and inserts a step of it. */
export function insertOn(b: Board, edge: string, at: Point) {
  const k = b.graph.edgeAt(edge);
  if (k < 0 || b.readOnly) return;
  const list = candidates(b.graph, k, b.specs);
  if (!list.length) return b.say('No step fits into this connection.');
  b.choose('Insert a step', list.map((c) => ({ name: c.spec.title, perform: () => put(b, edge, c) })), b.view.cam.toView(at));
}

function put(b: Board, edge: string, c: Candidate) {
  const { graph: g, store } = b, k = g.edgeAt(edge), record = store.edge(edge);
  if (k < 0 || !record) return;
  const id = newId('n_', (x) => store.has(x)), { title, type } = c.spec;
  const data = defaults(c.spec, title), bare: RFNode = { id, type, position: { x: 0, y: 0 }, data };
  const { w, h } = shapeOf(bare, c.spec, inputsFor(c.spec, data), outputsFor(c.spec, data)), m = middleOf(g, k);
  const from = g.from(k), x = Math.max(m.x - w / 2, g.to(k).x > from.x ? from.x + ROOM : -Infinity);
  const node = { ...bare, position: { x: snap(x), y: snap(m.y - h / 2) } };
  const moved = makeRoom(g, k, node.position.x + w + ROOM);
  const diff = splicing(record, id, c.into, c.out, (x) => x === id || store.has(x));
  store.apply({ nodes: { put: [node], update: moved }, edges: diff.edges }, `Insert ${title}`, { select: { nodes: [id], edges: [] } });
  b.view.raise([g.at(id)]);
  b.view.reveal(g.box(g.at(id)));
  b.view.stage.focus({ preventScroll: true });
  b.say(`${title} inserted into the connection.`);
}

// What comes after the edge moves right until the new step has room.
function makeRoom(g: Graph, k: number, until: number): Record<string, Partial<RFNode>> {
  const to = g.et[k]!, dx = Math.ceil((until - g.x[to]!) / 20) * 20;
  if (dx <= 0 || g.x[to]! < g.from(k).x) return {};
  const after = [...g.reach(to, false)].filter((i) => g.x[i]! >= g.x[to]!);
  for (const i of after) g.place(i, g.x[i]! + dx, g.y[i]!);
  return movement(g, after);
}
