// The steps in the order in which they run, and the lines of the outline made from it.
import { labelOf } from './document';
import type { Graph } from './graph';

/** layers returns for each node how many steps must end before it can start, at most; loops count from where they are entered. */
export function layers(g: Graph): Int32Array {
  const n = g.nodes.length, out = new Int32Array(n), waits = new Int32Array(n);
  for (let k = 0; k < g.edges.length; k++) if (g.drawn(k)) waits[g.et[k]!]!++;
  const ready = [...g.nodes.keys()].filter((i) => waits[i] === 0);
  for (const i of ready) {
    for (const k of g.edgesOf(i)) {
      const to = g.et[k]!;
      if (g.es[k] !== i || to < 0 || to === i) continue;
      out[to] = Math.max(out[to]!, out[i]! + 1);
      if (--waits[to]! === 0) ready.push(to);
    }
  }
  return out;
}

/** One line of the outline: a step, or a connection of the step above it. */
export interface Line {
  key: string;
  node: number;
  /** The place of the connection, -1 for a step. */
  edge: number;
  level: number;
  pos: number;
  size: number;
  /** Whether its children are shown; null when it has none. */
  open: boolean | null;
}

/** What is folded: frames are open unless closed, steps closed unless opened. */
export interface Folds { opened: ReadonlySet<string>; closed: ReadonlySet<string> }

interface Ranked { g: Graph; rank: Int32Array; folds: Folds; out: Line[] }

/** outline returns the lines in execution order; with a query only the steps whose name or kind holds it, without levels. */
export function outline(g: Graph, folds: Folds, query = ''): Line[] {
  const r: Ranked = { g, rank: ranks(g), folds, out: [] };
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length) {
    const found = sorted(r, [...g.nodes.keys()].filter((i) => words.every((w) => textOf(g, i).includes(w))));
    found.forEach((i, n) => list(r, i, 1, n + 1, found.length, false));
    return r.out;
  }
  const top = sorted(r, [...g.nodes.keys()].filter((i) => g.parent[i]! < 0));
  top.forEach((i, n) => list(r, i, 1, n + 1, top.length, true));
  return r.out;
}

const textOf = (g: Graph, i: number): string => `${labelOf(g.nodes[i]!)} ${g.spec(i)?.title ?? g.nodes[i]!.type ?? ''}`.toLowerCase();

// A frame stands where the first step in it runs.
function ranks(g: Graph): Int32Array {
  const rank = layers(g);
  const first = (i: number): number => {
    const inner = g.children(i).map(first);
    if (g.frame[i] && inner.length) rank[i] = Math.min(...inner);
    return rank[i]!;
  };
  for (let i = 0; i < g.nodes.length; i++) if (g.parent[i]! < 0) first(i);
  return rank;
}

function sorted({ rank }: Ranked, places: number[]): number[] {
  return places.sort((a, b) => rank[a]! - rank[b]! || a - b);
}

function list(r: Ranked, i: number, level: number, pos: number, size: number, deep: boolean) {
  const { g, folds, out } = r, { id } = g.nodes[i]!;
  const inner = deep ? sorted(r, [...g.children(i)]) : [], edges = g.frame[i] ? [] : [...g.edgesOf(i)].filter((k) => g.drawn(k));
  const open = g.frame[i] ? (inner.length ? !folds.closed.has(id) : null) : edges.length + inner.length ? folds.opened.has(id) : null;
  out.push({ key: id, node: i, edge: -1, level, pos, size, open });
  if (!open) return;
  const many = edges.length + inner.length;
  edges.sort((a, b) => Number(g.es[a] === i) - Number(g.es[b] === i) || a - b);
  edges.forEach((k, n) => out.push({ key: `${id}\n${g.edges[k]!.id}`, node: i, edge: k, level: level + 1, pos: n + 1, size: many, open: null }));
  inner.forEach((k, n) => list(r, k, level + 1, edges.length + n + 1, many, true));
}

/** connectionName says what a connection does, as seen from one of its ends. */
export function connectionName(g: Graph, edge: number, from: number): string {
  const out = g.ports(g.es[edge]!, 'out')[g.ep[edge]!]?.label ?? '', into = g.ports(g.et[edge]!, 'in')[g.tp[edge]!]?.label ?? '';
  return g.es[edge] === from ? `${out} → ${labelOf(g.nodes[g.et[edge]!]!)}, ${into}` : `${into} ← ${labelOf(g.nodes[g.es[edge]!]!)}, ${out}`;
}

/** swapWith returns the step that this one changes places with when it moves up or down, else why it cannot. */
export function swapWith(g: Graph, i: number, down: boolean): number | string {
  const rank = ranks(g), all = [...g.nodes.keys()].filter((k) => g.parent[k] === g.parent[i]).sort((a, b) => rank[a]! - rank[b]! || a - b);
  const other = all[all.indexOf(i) + (down ? 1 : -1)];
  if (other === undefined) return down ? 'It is the last step here.' : 'It is the first step here.';
  if (rank[other] !== rank[i]) return 'Connections decide this order: these steps do not run at the same time.';
  return other;
}
