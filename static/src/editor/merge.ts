// Three-way merge of workflow documents: what each side did since a common base is
// kept, and only what both did to the same place is a conflict. Pure.
import { combine, withValue } from '../canvas/combine';
import { same, type Diff, type TableDiff } from '../canvas/diff';
import { labelOf, type RFEdge, type RFNode } from '../canvas/document';

/** A workflow document as merge reads it. */
export interface Side { name: string; nodes: readonly RFNode[]; edges: readonly RFEdge[] }

/** One place that both sides changed. The merged document has mine; of a record that one side
 * deleted it has the one that is left. undefined is absent. */
export interface Conflict {
  table: 'nodes' | 'edges' | 'name';
  /** The id of the record. */
  record: string;
  /** The member within the record; empty for the whole of it. */
  path: readonly string[];
  mine: unknown;
  theirs: unknown;
}

/** What the other side did that the merged document has now. */
export interface News { added: number; changed: number; removed: number }

/** A merged document. */
export interface Merged { name: string; nodes: RFNode[]; edges: RFEdge[]; conflicts: Conflict[]; steps: News; connections: News }

/** Places of steps are no work that is lost: where both moved one, mine stays without a question. */
const light = new Set(['position', 'width', 'height', 'measured', 'positionAbsolute']);

/** merge returns mine with everything that theirs changed since base. */
export function merge(base: Side, mine: Side, theirs: Side): Merged {
  const conflicts: Conflict[] = [];
  const nodes = table('nodes', base.nodes, mine.nodes, theirs.nodes, conflicts);
  const edges = table('edges', base.edges, mine.edges, theirs.edges, conflicts);
  complete(nodes, edges, mine, theirs, conflicts);
  const name = combine(base.name, mine.name, theirs.name, (_, m, t) => conflicts.push({ table: 'name', record: '', path: [], mine: m, theirs: t })) as string;
  return {
    name, conflicts, steps: news(base.nodes, theirs.nodes), connections: news(base.edges, theirs.edges),
    nodes: parentsFirst(ordered(base.nodes, mine.nodes, theirs.nodes, nodes)), edges: ordered(base.edges, mine.edges, theirs.edges, edges),
  };
}

interface Row { id: string }

const byId = <T extends Row>(rows: readonly T[]): Map<string, T> => {
  const out = new Map<string, T>();
  for (const r of rows) if (typeof (r as T | null)?.id === 'string' && !out.has(r.id)) out.set(r.id, r);
  return out;
};

function table<T extends Row>(name: 'nodes' | 'edges', base: readonly T[], mine: readonly T[], theirs: readonly T[], conflicts: Conflict[]): Map<string, T> {
  const b = byId(base), m = byId(mine), t = byId(theirs), out = new Map<string, T>();
  for (const id of new Set([...m.keys(), ...t.keys()])) {
    const found = record(name, id, b.get(id), m.get(id), t.get(id), conflicts);
    if (found) out.set(id, found);
  }
  return out;
}

function record<T extends Row>(table: 'nodes' | 'edges', id: string, base: T | undefined, mine: T | undefined, theirs: T | undefined, conflicts: Conflict[]): T | undefined {
  if (base && (mine && theirs) === undefined && onlyMoved(base, (mine ?? theirs)!)) return undefined;
  const found = combine(base, mine, theirs, (path, m, t) => {
    if (!light.has(path[0] ?? '')) conflicts.push({ table, record: id, path, mine: m, theirs: t });
  });
  // One side deleted what the other changed: it stays until someone decides.
  return (found ?? (same(base, mine) || same(base, theirs) ? undefined : mine ?? theirs)) as T | undefined;
}

function onlyMoved(base: object, now: object): boolean {
  const rest = (o: object) => Object.fromEntries(Object.entries(o).filter(([k]) => !light.has(k)));
  return same(rest(base), rest(now));
}

// A connection needs its steps, and a step its frame: what one side deleted comes
// back when the other side's work hangs on it.
function complete(nodes: Map<string, RFNode>, edges: Map<string, RFEdge>, mine: Side, theirs: Side, conflicts: Conflict[]) {
  const m = byId(mine.nodes), t = byId(theirs.nodes);
  const need = (id: unknown) => {
    if (typeof id !== 'string' || nodes.has(id)) return;
    const back = m.get(id) ?? t.get(id);
    if (!back) return;
    nodes.set(id, back);
    conflicts.push({ table: 'nodes', record: id, path: [], mine: m.get(id), theirs: t.get(id) });
    need(back.parentId);
  };
  for (const e of edges.values()) [e.source, e.target].forEach(need);
  for (const n of [...nodes.values()]) need(n.parentId);
}

// Theirs leads, so that a page without changes of its own ends with the very list
// of the server; who changed the order here keeps it.
function ordered<T extends Row>(base: readonly T[], mine: readonly T[], theirs: readonly T[], merged: Map<string, T>): T[] {
  const b = byId(base), common = (rows: readonly T[], other: Map<string, T>) => [...byId(rows).keys()].filter((id) => b.has(id) && other.has(id));
  const moved = common(mine, b).some((id, i) => id !== common(base, byId(mine))[i]);
  const [first, second] = moved ? [mine, theirs] : [theirs, mine];
  const out: T[] = [], done = new Set<string>();
  for (const row of [...first, ...second]) {
    const id: unknown = (row as T | null)?.id;
    if (typeof id !== 'string') {
      if (first.includes(row)) out.push(row);
    } else if (!done.has(id)) {
      done.add(id);
      const found = merged.get(id);
      if (found) out.push(found);
    }
  }
  return out;
}

// A frame comes before what is in it.
function parentsFirst(nodes: RFNode[]): RFNode[] {
  const all = byId(nodes), done = new Set<unknown>(), out: RFNode[] = [];
  const add = (n: RFNode) => {
    if (done.has(n)) return;
    done.add(n);
    const frame = typeof n?.parentId === 'string' && all.get(n.parentId);
    if (frame) add(frame);
    out.push(n);
  };
  nodes.forEach(add);
  return out;
}

function news<T extends Row>(base: readonly T[], theirs: readonly T[]): News {
  const b = byId(base), t = byId(theirs);
  let changed = 0;
  for (const [id, row] of t) if (b.has(id) && !same(b.get(id), row)) changed++;
  return { added: [...t.keys()].filter((id) => !b.has(id)).length, changed, removed: [...b.keys()].filter((id) => !t.has(id)).length };
}

/** settle returns the change that gives each conflict the side that was chosen, and the name if that was one. */
export function settle(doc: Side, conflicts: readonly Conflict[], side: (c: Conflict) => 'mine' | 'theirs'): { diff: Diff; name: string } {
  const nodes = byId(doc.nodes), edges = byId(doc.edges), diff = { nodes: { put: [] as RFNode[], remove: [] as string[] }, edges: { put: [] as RFEdge[], remove: [] as string[] } };
  let { name } = doc;
  for (const c of conflicts) {
    const value = c[side(c)];
    if (c.table === 'name') name = value as string;
    else if (c.table === 'nodes') give(nodes, diff.nodes, c, value);
    else give(edges, diff.edges, c, value);
  }
  const gone = new Set(diff.nodes.remove);
  diff.edges.put = diff.edges.put.filter((e) => !gone.has(e.source) && !gone.has(e.target));
  for (const e of edges.values()) if (gone.has(e.source) || gone.has(e.target)) diff.edges.remove.push(e.id);
  return { diff, name };
}

function give<T extends Row>(rows: Map<string, T>, diff: Required<Pick<TableDiff<T>, 'put' | 'remove'>>, c: Conflict, value: unknown) {
  const next = c.path.length ? withValue(rows.get(c.record), c.path, value) : value;
  diff.put = diff.put.filter((r) => r.id !== c.record);
  if (next === undefined) {
    diff.remove.push(c.record);
    return;
  }
  rows.set(c.record, next as T);
  diff.put.push(next as T);
}

/** titleOf names what a conflict is about: the step or the ends of the connection, and the member. */
export function titleOf(c: Conflict, label: (id: string) => string): string {
  if (c.table === 'name') return 'Name of the workflow';
  const record = (c.mine ?? c.theirs) as RFNode | RFEdge | undefined;
  const what = c.table === 'nodes' ? (c.path.length ? label(c.record) : record ? labelOf(record as RFNode) : c.record) : 'Connection';
  const member = c.path.filter((p) => p !== 'data').join(' › ');
  return member ? `${what}: ${member}` : what;
}
