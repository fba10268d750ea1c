// Saving: what is on the screen against what the server has. A state machine
// without a page: it gets the document, the server, the clock and the journal
// handed in, and tells its state.
import { same } from '../canvas/diff';
import type { GraphDoc } from '../canvas/main';
import { ApiError } from './api';
import type { Journal } from './journal';
import { merge, type Conflict, type Merged, type Side } from './merge';

/** What the page shows about saving. */
export type SaveState =
  | { kind: 'saved' | 'dirty' | 'saving' }
  | { kind: 'offline'; error: ApiError }
  | { kind: 'failed'; error: ApiError; retries: boolean }
  | { kind: 'conflict'; version: number; conflicts: readonly Conflict[] };

/** The fields that are saved; only those that differ are sent. */
export interface Patch { name?: string; nodes?: unknown[]; edges?: unknown[] }

/** What the server has, as far as we know. */
export interface Base { version: number; name: string; doc: GraphDoc }

/** Who saved a newer version and when; empty when it is not known. */
export interface Author { by: string; at: string }

/** What saving needs around it. */
export interface SaverEnv {
  doc(): GraphDoc;
  name(): string;
  /** put sends a change based on a version and returns the new one. */
  put(patch: Patch, version: number): Promise<number>;
  /** fetch returns what the server has now. */
  fetch(): Promise<Base>;
  /** idle resolves when no gesture is in progress on the screen. */
  idle(): Promise<void>;
  /** absorb shows a merged document; it is no undo step. */
  absorb(m: Merged, author: Author): void;
  /** full hears that the journal has no room. */
  full(): void;
  journal: Journal;
  onState(s: SaveState): void;
  now(): number;
  later(fn: () => void, ms: number): unknown;
  forget(timer: unknown): void;
  random(): number;
}

/** How often a save is tried in a row when others save too. */
const TRIES = 6;

const PAUSE = 800;
const NOTE = 250;
const FIRST_RETRY = 1000;
const LONGEST_RETRY = 30_000;

function sameRows(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((row, i) => same(row, b[i])));
}

const sideOf = (b: Base): Side => ({ name: b.name, nodes: b.doc.nodes, edges: b.doc.edges });

const errorOf = (err: unknown): ApiError => (err instanceof ApiError ? err : new ApiError({ status: 500, message: err instanceof Error ? err.message : String(err) }));

/** Saver saves one workflow. What was saved elsewhere meanwhile is merged; only conflicts wait for the user. */
export class Saver {
  private now: SaveState = { kind: 'saved' };
  private saving: Promise<boolean> | null = null;
  private timer: unknown;
  private noting: unknown;
  private failures = 0;
  /** How long the journal took to write, in milliseconds: a large document is written less often. */
  private noteCost = 0;
  /** While conflicts are open: what both sides began with. */
  private before: Base | null = null;

  constructor(private readonly env: SaverEnv, private base: Base) {}

  /** state returns what the page shows. */
  get state(): SaveState {
    return this.now;
  }

  /** version returns the saved version the screen is based on. */
  get version(): number {
    return this.base.version;
  }

  /** unsaved reports whether something on the screen is not on the server. */
  get unsaved(): boolean {
    return Object.keys(this.patch()).length > 0;
  }

  // waits: a save failed and will be tried again by itself.
  private get waits(): boolean {
    return this.now.kind === 'offline' || (this.now.kind === 'failed' && this.now.retries);
  }

  /** changed hears that the document or the name may have changed. */
  changed() {
    if (!this.unsaved) return this.settle();
    this.note();
    if (this.now.kind === 'conflict' || this.saving || this.waits) return; // a later save takes it along
    this.show({ kind: 'dirty' });
    this.schedule(PAUSE);
  }

  /** flush saves now; it returns whether everything is on the server. */
  async flush(): Promise<boolean> {
    this.stop();
    for (let i = 0; i < TRIES; i++) {
      if (this.saving) await this.saving;
      if (!this.unsaved) return this.settle(), true;
      if (this.now.kind === 'conflict') return false;
      if (!(await this.send())) return false;
    }
    return !this.unsaved;
  }

  /** retryNow skips the wait of a failed save, as when the browser is online again. */
  retryNow() {
    if (this.waits) void this.flush();
  }

  /** keep writes the journal at once, as before the page goes away. */
  keep() {
    this.env.forget(this.noting);
    this.noting = undefined;
    const began = this.env.now();
    const { version, name, doc } = this.before ?? this.base;
    if (this.unsaved) {
      if (!this.env.journal.write({ at: began, version, name: this.env.name(), doc: this.env.doc(), base: { name, doc } })) this.env.full();
    } else this.env.journal.clear();
    this.noteCost = this.env.now() - began;
  }

  /** heard says that a version is on the server: what is new there comes in, and what is unsaved here is saved on top of it. */
  async heard(version: number): Promise<void> {
    if (version <= this.base.version || this.saving || this.now.kind === 'conflict') return;
    this.stop();
    this.saving = this.pull({ by: '', at: '' }, true);
    const done = await this.saving;
    this.saving = null;
    this.after(done);
  }

  /** restore puts a draft that was based on an older version, or on what is now saved, under the newest one. */
  restore(draft: Base, base: Base) {
    const { base: saved } = this;
    this.base = base;
    this.take(merge(sideOf(base), sideOf(draft), sideOf(saved)), saved, { by: '', at: '' });
    if (this.now.kind !== 'conflict') this.changed();
    this.keep();
  }

  /** decided says that each open conflict has its answer on the screen. */
  decided() {
    this.before = null;
    this.show({ kind: 'dirty' });
  }

  /** rebase says what the server has now, after theirs was loaded. */
  rebase(base: Partial<Base>) {
    this.stop();
    this.before = null;
    this.base = { ...this.base, ...base };
    this.failures = 0;
    this.show({ kind: this.unsaved ? 'dirty' : 'saved' });
    this.keep();
  }

  /** forget drops what is unsaved from the journal, as when it was saved somewhere else. */
  forget() {
    this.stop();
    this.env.forget(this.noting);
    this.noting = undefined;
    this.env.journal.clear();
  }

  private patch(): Patch {
    const { base, env } = this, doc = env.doc(), out: Patch = {};
    const name = env.name().trim();
    if (name && name !== base.name) out.name = name;
    if (!sameRows(doc.nodes, base.doc.nodes)) out.nodes = doc.nodes;
    if (!sameRows(doc.edges, base.doc.edges)) out.edges = doc.edges;
    return out;
  }

  // Nothing differs, as after an undo back to what is saved.
  private settle() {
    if (this.saving || this.now.kind === 'conflict') return;
    this.stop();
    this.failures = 0;
    this.keep();
    this.show({ kind: 'saved' });
  }

  private note() {
    if (this.noting !== undefined) return;
    this.noting = this.env.later(() => this.keep(), Math.max(NOTE, 20 * this.noteCost));
  }

  private schedule(ms: number) {
    this.stop();
    this.timer = this.env.later(() => {
      this.timer = undefined;
      void this.send();
    }, ms);
  }

  private stop() {
    this.env.forget(this.timer);
    this.timer = undefined;
  }

  private show(s: SaveState) {
    this.now = s;
    this.env.onState(s);
  }

  private async send(): Promise<boolean> {
    if (this.saving) return this.saving;
    this.saving = this.attempt();
    const done = await this.saving;
    this.saving = null;
    this.after(done);
    return done;
  }

  private after(done: boolean) {
    if (!done) return;
    if (this.unsaved) this.changed();
    else this.settle();
  }

  private async attempt(): Promise<boolean> {
    const patch = this.patch(), doc = this.env.doc();
    if (Object.keys(patch).length === 0) return true;
    this.show({ kind: 'saving' });
    try {
      const version = await this.env.put(patch, this.base.version);
      // Records are never changed in place, so the document as sent can be kept as it is.
      this.base = { version, name: patch.name ?? this.base.name, doc };
      this.failures = 0;
      this.show({ kind: 'dirty' });
      return true;
    } catch (err) {
      const error = errorOf(err);
      if (error.status === 409) return this.pull({ by: error.savedBy, at: error.savedAt });
      this.failed(error);
      return false;
    }
  }

  // pull brings in what the server has; it returns whether saving can go on. quiet: nobody waits for it.
  private async pull(author: Author, quiet = false): Promise<boolean> {
    this.keep();
    let theirs: Base;
    try {
      theirs = await this.env.fetch();
    } catch (err) {
      if (!quiet || this.unsaved) this.failed(errorOf(err));
      return false;
    }
    await this.env.idle();
    this.take(merge(sideOf(this.base), this.mine(), sideOf(theirs)), theirs, author);
    return this.now.kind !== 'conflict';
  }

  private mine(): Side {
    return { name: this.env.name().trim() || this.base.name, nodes: this.env.doc().nodes, edges: this.env.doc().edges };
  }

  // The base comes first: whoever hears of the change asks what is unsaved.
  private take(m: Merged, theirs: Base, author: Author) {
    this.before = m.conflicts.length ? this.base : null;
    this.base = theirs;
    this.failures = 0;
    if (m.conflicts.length) this.now = { kind: 'conflict', version: theirs.version, conflicts: m.conflicts };
    this.env.absorb(m, author);
    this.show(m.conflicts.length ? this.now : { kind: 'dirty' });
    this.keep();
  }

  private failed(error: ApiError) {
    this.keep();
    this.show(error.offline ? { kind: 'offline', error } : { kind: 'failed', error, retries: error.temporary });
    if (!error.temporary) return;
    const cap = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(this.failures++, 10));
    this.schedule(Math.max(error.retryAfter, Math.round(cap / 2 + (cap / 2) * this.env.random())));
  }
}
