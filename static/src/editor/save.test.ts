import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphDoc } from '../canvas/main';
import { ApiError } from './api';
import { FakeClock, FakeStorage, settled } from './fake';
import { Journal } from './journal';
import type { Merged } from './merge';
import { Saver, type Patch } from './save';

const docOf = (text: string): GraphDoc => ({ nodes: [{ id: 'a', position: { x: 0, y: 0 }, data: { text } }], edges: [] });
const error = (status: number, more: object = {}) => new ApiError({ status, message: `status ${status}`, ...more });

function setup() {
  const clock = new FakeClock(), storage = new FakeStorage(), states: string[] = [];
  const puts: { patch: Patch; version: number; answer(v: number | ApiError): Promise<void> }[] = [];
  const page = { doc: docOf('one'), name: 'Flow' }, server = { version: 7, name: 'Flow', doc: docOf('theirs') };
  const merged: Merged[] = [];
  let full = 0;
  const saver = new Saver({
    doc: () => page.doc, name: () => page.name,
    put: (patch, version) => new Promise((ok, fail) => {
      puts.push({ patch, version, answer: (v) => { if (v instanceof ApiError) fail(v); else ok(v); return settled(); } });
    }),
    fetch: () => Promise.resolve({ ...server }), idle: () => Promise.resolve(), full: () => { full++; },
    absorb: (m) => { merged.push(m); page.name = m.name; page.doc = { nodes: m.nodes, edges: m.edges }; saver.changed(); },
    journal: new Journal(storage, 'wf_1', 'p1'), onState: (s) => states.push(s.kind),
    now: clock.now, later: clock.later, forget: clock.forget, random: () => 1,
  }, { version: 1, name: 'Flow', doc: page.doc });
  const edit = (text: string) => { page.doc = docOf(text); saver.changed(); };
  return { clock, storage, states, puts, page, saver, edit, server, merged, fulls: () => full };
}

test('saves 800 ms after the last change, with the version it is based on', async () => {
  const t = setup();
  t.edit('two');
  await t.clock.pass(700);
  t.edit('three');
  await t.clock.pass(799);
  assert.equal(t.puts.length, 0);
  assert.equal(t.saver.state.kind, 'dirty');
  await t.clock.pass(1);
  assert.deepEqual(t.puts[0]!.patch, { nodes: docOf('three').nodes });
  assert.equal(t.puts[0]!.version, 1);
  assert.equal(t.saver.state.kind, 'saving');
  await t.puts[0]!.answer(2);
  assert.equal(t.saver.state.kind, 'saved');
  assert.equal(t.saver.version, 2);
  assert.equal(t.saver.unsaved, false);
  await t.clock.pass(60_000);
  assert.equal(t.puts.length, 1);
});

test('what was undone before its time is never sent', async () => {
  const t = setup();
  t.edit('two');
  t.edit('one');
  assert.equal(t.saver.state.kind, 'saved');
  await t.clock.pass(5000);
  assert.equal(t.puts.length, 0);
  assert.equal(t.storage.length, 0);
});

test('a change made while saving is saved afterwards, on the new version', async () => {
  const t = setup();
  t.edit('two');
  await t.clock.pass(800);
  t.edit('three');
  await t.puts[0]!.answer(2);
  assert.equal(t.saver.state.kind, 'dirty');
  await t.clock.pass(800);
  assert.deepEqual([t.puts[1]!.version, t.puts[1]!.patch.nodes], [2, docOf('three').nodes]);
  await t.puts[1]!.answer(3);
  assert.equal(t.saver.state.kind, 'saved');
});

test('flush saves at once and says whether everything is on the server', async () => {
  const t = setup();
  assert.equal(await t.saver.flush(), true);
  assert.equal(t.puts.length, 0);
  t.edit('two');
  const done = t.saver.flush();
  await settled();
  t.page.doc = docOf('three');
  t.saver.changed();
  await t.puts[0]!.answer(2);
  await settled();
  await t.puts[1]!.answer(3);
  assert.equal(await done, true);
  assert.equal(t.saver.version, 3);
});

test('without a server it keeps the work, waits longer each time, and catches up', async () => {
  const t = setup();
  t.edit('two');
  await t.clock.pass(800);
  await t.puts[0]!.answer(error(0));
  assert.equal(t.saver.state.kind, 'offline');
  assert.equal(JSON.parse(t.storage.map.get('heddle-draft:wf_1:p1')!).doc.nodes[0].data.text, 'two');
  await t.clock.pass(999);
  assert.equal(t.puts.length, 1);
  t.edit('three'); // goes along with the retry and does not hurry it
  await t.clock.pass(1);
  await t.puts[1]!.answer(error(503));
  await t.clock.pass(1999);
  assert.equal(t.puts.length, 2);
  await t.clock.pass(1);
  await t.puts[2]!.answer(2);
  assert.deepEqual(t.puts[2]!.patch.nodes, docOf('three').nodes);
  assert.equal(t.saver.state.kind, 'saved');
  assert.equal(t.storage.length, 0);
});

test('waits as long as the server asks', async () => {
  const t = setup();
  t.edit('two');
  await t.clock.pass(800);
  await t.puts[0]!.answer(error(429, { retryAfter: 20_000 }));
  assert.deepEqual(t.saver.state.kind, 'failed');
  await t.clock.pass(19_999);
  assert.equal(t.puts.length, 1);
  await t.clock.pass(1);
  assert.equal(t.puts.length, 2);
});

test('back online it tries at once', async () => {
  const t = setup();
  t.edit('two');
  await t.clock.pass(800);
  await t.puts[0]!.answer(error(0));
  t.saver.retryNow();
  await settled();
  assert.equal(t.puts.length, 2);
  await t.puts[1]!.answer(2);
  assert.equal(t.saver.state.kind, 'saved');
});

test('a refused save waits for the next change, not for time', async () => {
  const t = setup();
  t.edit('two');
  await t.clock.pass(800);
  await t.puts[0]!.answer(error(413));
  assert.equal(t.saver.state.kind, 'failed');
  await t.clock.pass(120_000);
  assert.equal(t.puts.length, 1);
  t.edit('three');
  await t.clock.pass(800);
  assert.equal(t.puts.length, 2);
});

const two = (text: string, label: string): GraphDoc => ({ nodes: [{ id: 'a', position: { x: 0, y: 0 }, data: { text, label } }], edges: [] });

test('what was saved elsewhere is merged and saved on top of it', async () => {
  const t = setup();
  t.server.doc = { nodes: [...docOf('one').nodes, { id: 'b', position: { x: 0, y: 0 } }], edges: [] };
  t.edit('mine');
  await t.clock.pass(800);
  await t.puts[0]!.answer(error(409, { version: 7 }));
  await t.clock.pass(800);
  assert.equal(t.puts[1]!.version, 7);
  assert.deepEqual(t.puts[1]!.patch, { nodes: [...docOf('mine').nodes, { id: 'b', position: { x: 0, y: 0 } }] });
  await t.puts[1]!.answer(8);
  assert.equal(t.saver.state.kind, 'saved');
  assert.equal(t.storage.length, 0);
});

test('a flush goes on through a merge and says whether everything is saved', async () => {
  const t = setup();
  t.page.doc = two('one', 'Mine');
  t.server.doc = docOf('one');
  const done = t.saver.flush();
  await settled();
  await t.puts[0]!.answer(error(409, { version: 7 }));
  await t.puts[1]!.answer(8);
  assert.equal(await done, true);
});

test('one place changed by both stops saving until the user has chosen', async () => {
  const t = setup();
  t.edit('mine');
  await t.clock.pass(800);
  await t.puts[0]!.answer(error(409, { version: 7 }));
  assert.ok(t.saver.state.kind === 'conflict' && t.saver.state.version === 7 && t.saver.state.conflicts.length === 1);
  t.saver.changed();
  await t.clock.pass(60_000);
  assert.equal(await t.saver.flush(), false);
  assert.equal(t.puts.length, 1);
  // The draft keeps what both began with: after a reload the question comes again.
  const draft = JSON.parse(t.storage.map.get('heddle-draft:wf_1:p1')!);
  assert.deepEqual([draft.version, draft.base.doc.nodes[0].data.text, draft.doc.nodes[0].data.text], [1, 'one', 'mine']);
  t.saver.decided();
  const done = t.saver.flush();
  await settled();
  assert.deepEqual([t.puts[1]!.version, t.puts[1]!.patch], [7, { nodes: docOf('mine').nodes }]);
  await t.puts[1]!.answer(8);
  assert.equal(await done, true);
});

test('a version heard of comes in at once, and not a second time', async () => {
  const t = setup();
  await t.saver.heard(7);
  assert.deepEqual(t.page.doc, docOf('theirs'));
  assert.deepEqual([t.saver.version, t.saver.state.kind, t.saver.unsaved], [7, 'saved', false]);
  await t.saver.heard(7);
  assert.deepEqual([t.merged.length, t.puts.length], [1, 0]);
});

test('a draft of an older version is merged with what is saved now', async () => {
  const t = setup();
  t.page.doc = two('one', 'Draft');
  t.saver.restore({ version: 0, name: 'Flow', doc: t.page.doc }, { version: 0, name: 'Flow', doc: docOf('zero') });
  assert.ok(t.saver.state.kind === 'conflict' || t.saver.unsaved);
  assert.deepEqual(t.page.doc.nodes[0]!.data, { text: 'one', label: 'Draft' });
});

test('a journal without room is told, and the document counts more than its base', async () => {
  const t = setup();
  t.storage.room = 150;
  t.edit('mine');
  t.saver.keep();
  assert.equal(JSON.parse(t.storage.map.get('heddle-draft:wf_1:p1')!).base, undefined);
  t.storage.room = 10;
  t.storage.map.clear();
  t.saver.keep();
  assert.equal(t.fulls(), 1);
});

test('a name is sent alone; an empty one never', async () => {
  const t = setup();
  t.page.name = '  ';
  t.saver.changed();
  await t.clock.pass(800);
  assert.equal(t.puts.length, 0);
  t.page.name = ' New ';
  t.saver.changed();
  await t.clock.pass(800);
  assert.deepEqual(t.puts[0]!.patch, { name: 'New' });
});
