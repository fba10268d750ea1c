// Copies as JSON text, so that they travel between tabs, servers and other
// @xyflow/react tools, and pastes of the same.
import type { Diff } from './diff';
import { newId, num, usableEdge, usableNode, type Point, type RFEdge, type RFNode, type Selection } from './document';
import type { Graph } from './graph';
import { union, type Box } from './geometry';

/** What travels: nodes, the edges among them, and those that led in from outside. */
export interface Clip { nodes: RFNode[]; edges: RFEdge[]; incoming?: RFEdge[] }

/** withInner returns places of nodes together with everything inside frames among them, in document order. */
export function withInner(g: Graph, picked: Iterable<number>): number[] {
  const all = new Set<number>();
  const add = (i: number) => {
    if (i < 0 || all.has(i)) return;
    all.add(i);
    g.children(i).forEach(add);
  };
  for (const i of picked) add(i);
  return [...all].sort((a, b) => a - b);
}

/** clip returns the selected nodes and the edges among them; null when no node is selected. */
export function clip(g: Graph, s: Selection): Clip | null {
  const places = withInner(g, s.nodes.map((id) => g.at(id)));
  if (!places.length) return null;
  const inside = new Set(places);
  const nodes = places.map((i) => {
    const n = g.nodes[i]!, p = g.parent[i]!;
    if (p < 0 || inside.has(p)) return n;
    const { parentId: _, extent: __, ...free } = n;
    return { ...free, position: { ...n.position, x: g.x[i]!, y: g.y[i]! } } as RFNode;
  });
  const edges = g.edges.filter((_, k) => inside.has(g.es[k]!) && inside.has(g.et[k]!));
  const incoming = g.edges.filter((_, k) => g.drawn(k) && !inside.has(g.es[k]!) && inside.has(g.et[k]!));
  return incoming.length ? { nodes, edges, incoming } : { nodes, edges };
}

/** text returns the clip as it goes to the system clipboard. */
export const text = (c: Clip): string => JSON.stringify(c);

/** parse reads nodes and edges from text; null when the text is something else. */
export function parse(from: string): Clip | null {
  if (!/^\s*\{/.test(from)) return null;
  try { return usable(JSON.parse(from)); } catch { return null; }
}

/** usable returns the nodes and edges of a value that can be shown; null when it holds no graph. */
export function usable(value: unknown): Clip | null {
  const doc = value as { nodes?: unknown; edges?: unknown; data?: { nodes?: unknown; edges?: unknown } } | null;
  const source = Array.isArray(doc?.nodes) ? doc : doc?.data;
  if (!source || !Array.isArray(source.nodes)) return null;
  const nodes = source.nodes.filter(usableNode).filter((n) => !!n.position && typeof n.position === 'object');
  if (!nodes.length) return null;
  const list = (value: unknown) => (Array.isArray(value) ? value.filter(usableEdge) : []);
  const clip = { nodes, edges: list(source.edges) }, incoming = list((source as { incoming?: unknown }).incoming);
  return incoming.length ? { ...clip, incoming } : clip;
}

/** bounds returns the box around the top left corners of a clip's outer nodes. */
export function bounds(c: Clip): Box {
  const own = new Set(c.nodes.map((n) => n.id));
  let box: Box | null = null;
  for (const n of c.nodes) {
    if (n.parentId && own.has(n.parentId)) continue;
    const x = num(n.position.x), y = num(n.position.y);
    box = union(box, { x0: x, y0: y, x1: x, y1: y });
  }
  return box ?? { x0: 0, y0: 0, x1: 0, y1: 0 };
}

/** insertion returns the diff that adds a clip moved by an offset, with new ids, and what to
 * select. Edges that led in from outside are kept when fed says that their source is here. */
export function insertion(c: Clip, by: Point, taken: (id: string) => boolean, fed: (source: string) => boolean = () => false): { diff: Diff; select: Selection } {
  const ids = new Map<string, string>();
  const fresh = new Set<string>();
  const next = (prefix: string) => {
    const id = newId(prefix, (candidate) => fresh.has(candidate) || taken(candidate));
    fresh.add(id);
    return id;
  };
  for (const n of c.nodes) ids.set(n.id, next('n_'));
  const nodes = c.nodes.map((n) => {
    const id = ids.get(n.id)!, parent = n.parentId && ids.get(n.parentId);
    if (parent) return { ...n, id, parentId: parent };
    const { parentId: _, ...free } = n;
    return { ...free, id, position: { ...n.position, x: num(n.position.x) + by.x, y: num(n.position.y) + by.y } } as RFNode;
  });
  const edges = c.edges
    .filter((e) => ids.has(e.source) && ids.has(e.target))
    .map((e) => ({ ...e, id: next('e_'), source: ids.get(e.source)!, target: ids.get(e.target)! }));
  for (const e of c.incoming ?? []) {
    if (ids.has(e.target) && !ids.has(e.source) && fed(e.source)) edges.push({ ...e, id: next('e_'), target: ids.get(e.target)! });
  }
  const outer = c.nodes.filter((n) => !(n.parentId && ids.has(n.parentId))).map((n) => ids.get(n.id)!);
  return { diff: { nodes: { put: nodes }, edges: { put: edges } }, select: { nodes: outer, edges: [] } };
}
