// Record diffs: what is put, removed and updated by id; every diff has an inverse.
import type { GraphDoc, RFEdge, RFNode } from './document';

/** What to do with one table. An update replaces the named members; undefined removes a member. */
export interface TableDiff<T> {
  put?: T[];
  remove?: string[];
  update?: Record<string, Partial<T>>;
  /** The new place in the list, of records that stay as they are or are put anew. */
  move?: Record<string, number>;
}

/** A change to a document, as callers write it. */
export interface Diff {
  nodes?: TableDiff<RFNode>;
  edges?: TableDiff<RFEdge>;
}

/** One record before and after; null means absent. at is its place in the list when it comes or goes; from is where it was when it only moves. */
export interface Change<T> { id: string; before: T | null; after: T | null; at: number; from?: number }

/** A resolved change: it can be applied, and inverted. */
export interface Changes { nodes: Change<RFNode>[]; edges: Change<RFEdge>[] }

interface Row { id: string }

/** Table is an ordered list of records with an index by id. The first record of an id wins. */
export class Table<T extends Row> {
  private index = new Map<string, number>();

  constructor(public rows: readonly T[]) {
    this.reindex();
  }

  private reindex() {
    this.index.clear();
    this.rows.forEach((r, i) => {
      const id: unknown = (r as T | null)?.id;
      if (typeof id === 'string' && !this.index.has(id)) this.index.set(id, i);
    });
  }

  /** at returns the place of a record, or -1. */
  at(id: string): number {
    return this.index.get(id) ?? -1;
  }

  /** get returns the record with an id. */
  get(id: string): T | undefined {
    const i = this.index.get(id);
    return i === undefined ? undefined : this.rows[i];
  }

  /** resolve turns a diff into changes against the present rows; what changes nothing is left out. */
  resolve(d: TableDiff<T> | undefined): Change<T>[] {
    const out: Change<T>[] = [];
    if (!d) return out;
    for (const id of new Set(d.remove)) {
      const before = this.get(id);
      if (before) out.push({ id, before, after: null, at: this.at(id) });
    }
    let end = this.rows.length;
    for (const after of d.put ?? []) {
      const before = this.get(after.id) ?? null;
      if (!before || !same(before, after)) out.push({ id: after.id, before, after, at: before ? this.at(after.id) : end++ });
    }
    for (const [id, patch] of Object.entries(d.update ?? {})) {
      const before = this.get(id);
      const after = before && patched(before, patch as Partial<T>);
      if (before && after && !same(before, after)) out.push({ id, before, after, at: this.at(id) });
    }
    for (const [id, at] of Object.entries(d.move ?? {})) {
      const own = out.find((c) => c.id === id && c.after), record = this.get(id), from = this.at(id);
      if (own && from !== at) Object.assign(own, own.before ? { at, from } : { at });
      else if (record && from !== at) out.push({ id, before: record, after: record, at, from });
    }
    return out;
  }

  /** apply makes the changes. Records that come are put where their place says, in rising order. */
  apply(changes: readonly Change<T>[]) {
    if (!changes.length) return;
    const gone = new Set<number>();
    const coming: Change<T>[] = [];
    const rows = [...this.rows];
    for (const c of changes) {
      const i = this.at(c.id);
      if (c.from !== undefined && c.after && i >= 0) {
        gone.add(i);
        coming.push(c.before === c.after ? { ...c, after: rows[i]! } : c);
      } else if (!c.after) gone.add(i);
      else if (i < 0) coming.push(c);
      else rows[i] = c.after;
    }
    const kept = gone.size ? rows.filter((_, i) => !gone.has(i)) : rows;
    this.rows = coming.length ? merged(kept, coming) : kept;
    if (gone.size || coming.length) this.reindex();
  }
}

function merged<T>(kept: T[], coming: Change<T>[]): T[] {
  const out: T[] = [];
  let next = 0;
  for (const c of [...coming].sort((a, b) => a.at - b.at)) {
    while (out.length < c.at && next < kept.length) out.push(kept[next++]!);
    out.push(c.after!);
  }
  return next < kept.length ? out.concat(kept.slice(next)) : out;
}

function patched<T>(before: T, patch: Partial<T>): T {
  const after = { ...before, ...patch };
  for (const key of Object.keys(patch) as (keyof T)[]) if (patch[key] === undefined) delete after[key];
  return after;
}

/** between returns the changes that lead from some records to others, and whether the order of those that stay is another. */
export function between<T extends Row>(from: readonly T[], to: readonly T[]): { changes: Change<T>[]; reordered: boolean } {
  const before = new Map(usable(from)), after = new Map(usable(to)), out: Change<T>[] = [];
  for (const [id, { row, at }] of before) if (!after.has(id)) out.push({ id, before: row, after: null, at });
  for (const [id, { row, at }] of after) {
    const old = before.get(id);
    if (!old || !same(old.row, row)) out.push({ id, before: old?.row ?? null, after: row, at });
  }
  const stay = [...after.keys()].filter((id) => before.has(id)), was = [...before.keys()].filter((id) => after.has(id));
  return { changes: out, reordered: stay.some((id, i) => id !== was[i]) };
}

// Of records with one id the first counts, as in a table.
function usable<T extends Row>(rows: readonly T[]): [string, { row: T; at: number }][] {
  const out = new Map<string, { row: T; at: number }>();
  rows.forEach((row, at) => {
    const id: unknown = (row as T | null)?.id;
    if (typeof id === 'string' && !out.has(id)) out.set(id, { row, at });
  });
  return [...out];
}

/** invert returns the changes that take the document back. */
export function invert(c: Changes): Changes {
  const back = <T>(list: Change<T>[]) => list.map(({ id, before, after, at, from }) => ({ id, before: after, after: before, ...(from === undefined ? { at } : { at: from, from: at }) })).reverse();
  return { nodes: back(c.nodes), edges: back(c.edges) };
}

/** joined returns one step that does a, then b: the records before a and after b. */
export function joined(a: Changes, b: Changes): Changes {
  const join = <T>(x: Change<T>[], y: Change<T>[]) => {
    const all = new Map(x.map((c) => [c.id, c]));
    for (const c of y) {
      const first = all.get(c.id);
      all.set(c.id, first ? { ...first, after: c.after } : c);
    }
    return [...all.values()].filter((c) => c.before || c.after);
  };
  return { nodes: join(a.nodes, b.nodes), edges: join(a.edges, b.edges) };
}

/** structural reports whether records come, go, or change what they connect or belong to. */
export function structural(c: Changes): boolean {
  return c.edges.length > 0 || c.nodes.some(({ before, after, from }) => from !== undefined || !before || !after || before.type !== after.type || before.parentId !== after.parentId);
}

/** isEmpty reports whether there is nothing to do. */
export const isEmpty = (c: Changes): boolean => !c.nodes.length && !c.edges.length;

/** same reports whether two JSON values are equal; the order of members does not count. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!a || !b || typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) !== Array.isArray(b)) return false;
  const ka = Object.keys(a), kb = Object.keys(b);
  return ka.length === kb.length && ka.every((k) => k in b && same((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]));
}

/** docOf joins two tables with the other members of a document, in the order they came. */
export function docOf(rest: GraphDoc, nodes: readonly RFNode[], edges: readonly RFEdge[]): GraphDoc {
  return { ...rest, nodes: nodes as RFNode[], edges: edges as RFEdge[] };
}
