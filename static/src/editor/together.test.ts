// Two pages edit one workflow at random, with a server that is away now and then:
// in the end nothing that was done is lost, but for what was asked about.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { GraphDoc } from '../canvas/main';
import { same } from '../canvas/diff';
import { DocStore } from '../canvas/history';
import { ApiError } from './api';
import { FakeClock, FakeStorage, settled } from './fake';
import { Journal } from './journal';
import { settle, type Conflict } from './merge';
import { Saver } from './save';

type Next = (n: number) => number;

function random(seed: number): Next {
  let s = seed;
  return (n) => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return Math.floor((s / 2 ** 32) * n);
  };
}

/** Server holds one workflow and refuses stale writes, as the real one does. */
class Server {
  version = 1;
  name = 'Flow';
  away = new Set<string>();
  constructor(public doc: GraphDoc) {}

  get(page: string) {
    if (this.away.has(page)) throw new ApiError({ status: 0, message: 'away' });
    return { version: this.version, name: this.name, doc: this.doc };
  }

  put(page: string, patch: { nodes?: unknown[]; edges?: unknown[] }, version: number): number {
    if (this.away.has(page)) throw new ApiError({ status: 0, message: 'away' });
    if (version !== this.version) throw new ApiError({ status: 409, message: 'stale', version: this.version });
    this.doc = structuredClone({ ...this.doc, ...patch }) as GraphDoc;
    return ++this.version;
  }
}

/** Tab is a page: its document, its saver, and what its user did. */
class Tab {
  readonly store: DocStore;
  readonly saver: Saver;
  /** The words this user wrote, by step, and the steps this user added. */
  readonly wrote = new Map<string, string>();
  readonly added = new Set<string>();
  /** The steps this user deleted, whoever made them. */
  readonly deleted = new Set<string>();
  readonly asked: Conflict[] = [];
  private serial = 0;

  constructor(readonly who: string, private readonly server: Server, clock: FakeClock, private readonly next: Next) {
    this.store = new DocStore(structuredClone(server.doc), clock.now);
    this.saver = new Saver({
      doc: () => this.store.doc(), name: () => 'Flow',
      put: async (patch, version) => { await settled(); return server.put(who, patch, version); },
      fetch: async () => { await settled(); return structuredClone(server.get(who)); },
      idle: () => Promise.resolve(), full: () => undefined,
      absorb: (m) => this.store.absorb(m.nodes, m.edges),
      journal: new Journal(new FakeStorage(), 'wf', who), onState: () => undefined,
      now: clock.now, later: clock.later, forget: clock.forget, random: () => next(1000) / 1000,
    }, { version: 1, name: 'Flow', doc: this.store.doc() });
    this.store.subscribe((n) => { if (n.kind === 'doc') queueMicrotask(() => this.saver.changed()); });
  }

  /** act does one random thing. */
  act() {
    const { next, store } = this, { nodes } = store.doc(), n = nodes[next(nodes.length || 1)], what = next(100);
    if (what < 25 || !n) this.add();
    else if (what < 50) store.apply({ nodes: { update: { [n.id]: { position: { x: next(2000), y: next(2000) } } } } }, 'Move');
    else if (what < 75) this.write(n.id);
    else if (what < 83) this.remove(n.id);
    else if (what < 95 && nodes.length > 1) store.apply({ edges: { put: [{ id: `${this.who}e${this.serial++}`, source: nodes[next(nodes.length)]!.id, target: n.id }] } }, 'Connect');
    else this.undo();
  }

  private add() {
    const id = `${this.who}${this.serial++}`;
    this.store.apply({ nodes: { put: [{ id, type: 'text', position: { x: 0, y: 0 }, data: { text: id } }] } }, 'Add');
    this.added.add(id);
    this.wrote.set(id, id);
  }

  private write(id: string) {
    const text = `${this.who} wrote ${this.serial++}`;
    this.store.apply({ nodes: { update: { [id]: { data: { ...this.store.node(id)!.data, [this.who]: text } } } } }, 'Write');
    this.wrote.set(`${id} ${this.who}`, text);
  }

  private remove(id: string) {
    const edges = this.store.doc().edges.filter((e) => e.source === id || e.target === id).map((e) => e.id);
    this.store.apply({ nodes: { remove: [id] }, edges: { remove: edges } }, 'Delete');
    this.added.delete(id);
    this.deleted.add(id);
  }

  // What was taken back is not expected any more.
  private undo() {
    const changes = this.store.undo();
    for (const c of changes?.nodes ?? []) {
      if (!c.after) this.added.delete(c.id);
      this.wrote.delete(c.id);
      this.wrote.delete(`${c.id} ${this.who}`);
    }
  }

  /** decide answers open questions, each with a random side. */
  decide() {
    const { state } = this.saver;
    if (state.kind !== 'conflict') return;
    this.asked.push(...state.conflicts);
    const { diff } = settle({ name: 'Flow', ...this.store.doc() }, state.conflicts, () => (this.next(2) ? 'mine' : 'theirs'));
    this.store.apply(diff, 'Choose');
    this.saver.decided();
    this.saver.changed();
  }
}

test('1,000 random operations of two pages with a server that comes and goes: nothing is lost unasked', async () => {
  for (const seed of [1, 7, 42, 2026, Math.floor(Math.random() * 1e9)]) {
    const next = random(seed), clock = new FakeClock();
    const server = new Server({ nodes: [{ id: 'n0', type: 'text', position: { x: 0, y: 0 }, data: {} }], edges: [] });
    const tabs = [new Tab('a', server, clock, next), new Tab('b', server, clock, next)] as const;
    for (let i = 0; i < 1000; i++) {
      const tab = tabs[next(2)]!;
      tab.act();
      if (next(20) === 0) (server.away.has(tab.who) ? server.away.delete(tab.who) : server.away.add(tab.who));
      if (next(3) === 0) await clock.pass(next(3000));
      if (next(10) === 0) await tab.saver.heard(server.version);
      if (next(4) === 0) tab.decide();
    }
    await end(server, tabs, clock);
    check(server, tabs, `seed ${seed}`);
  }
});

async function end(server: Server, tabs: readonly Tab[], clock: FakeClock) {
  server.away.clear();
  for (let round = 0; round < 40; round++) {
    for (const t of tabs) {
      t.decide();
      await t.saver.flush();
      await t.saver.heard(server.version);
    }
    await clock.pass(60_000);
  }
}

function check(server: Server, tabs: readonly [Tab, Tab], word: string) {
  const now = new Map(server.doc.nodes.map((n) => [n.id, n]));
  for (const t of tabs) {
    assert.equal(t.saver.unsaved, false, `${word}: ${t.who} has something that is not saved (${t.saver.state.kind})`);
    assert.ok(same(t.store.doc(), server.doc), `${word}: ${t.who} shows something else than the server has`);
    const other = tabs.find((x) => x !== t)!, asked = new Set(tabs.flatMap((x) => x.asked.map((c) => c.record)));
    for (const id of t.added) assert.ok(now.has(id) || asked.has(id) || other.deleted.has(id), `${word}: step ${id} is lost`);
    for (const [key, text] of t.wrote) {
      const [id, member = 'text'] = key.split(' ') as [string, string?];
      const node = now.get(id);
      if (node && !asked.has(id)) assert.equal(node.data![member], text, `${word}: what ${t.who} wrote into ${id} is lost`);
    }
  }
  for (const e of server.doc.edges) assert.ok(now.has(e.source) && now.has(e.target), `${word}: ${e.id} hangs in the air`);
}
