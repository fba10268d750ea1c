import assert from 'node:assert/strict';
import test from 'node:test';
import { same, Table } from './diff';
import { num, withData, type GraphDoc } from './document';
import { DocStore, STEPS } from './history';
import { edge, node } from './testkit';

const three = (): GraphDoc => ({ nodes: [node('a', 'text'), node('b', 'llm'), node('c', 'debug')], edges: [edge('e1', 'a', 'b'), edge('e2', 'b', 'c')], viewport: { x: 1 } });
const copy = <T>(v: T): T => structuredClone(v);

test('a diff and its inverse leave the document as it was, places included', () => {
  const doc = three(), before = copy(doc), s = new DocStore(doc);
  s.apply({ nodes: { remove: ['a', 'b'], put: [node('d', 'text')], update: { c: { position: { x: 5, y: 6 }, note: 'new' } } }, edges: { remove: ['e1', 'e2'] } }, 'mixed');
  assert.deepEqual(s.doc().nodes.map((n) => n.id), ['c', 'd']);
  assert.equal(s.node('c')!.note, 'new');
  const after = copy(s.doc());
  s.undo();
  assert.deepEqual(s.doc(), before);
  s.redo();
  assert.deepEqual(s.doc(), after);
  s.undo();
  assert.deepEqual(s.doc(), before);
  assert.deepEqual(doc, before, 'what was loaded is never changed in place');
});

test('undefined removes a member; a change to the same value is no step', () => {
  const s = new DocStore({ nodes: [node('a', 'text', 1, 2, { hidden: true })], edges: [] });
  assert.equal(s.apply({ nodes: { update: { a: { position: { x: 1, y: 2 } } } } }, 'same'), false);
  assert.equal(s.apply({ nodes: { update: { ghost: { position: { x: 1, y: 2 } } }, remove: ['ghost'] } }, 'none'), false);
  assert.equal(s.canUndo, false);
  s.apply({ nodes: { update: { a: { hidden: undefined } } } }, 'show');
  assert.ok(!('hidden' in s.node('a')!));
});

test('undo and redo bring the selection back; selecting is no step', () => {
  const s = new DocStore(three());
  s.select(['b'], ['e1']);
  s.apply({ nodes: { remove: ['b'] }, edges: { remove: ['e1', 'e2'] } }, 'delete', { select: { nodes: [], edges: [] } });
  s.select(['a']);
  s.undo();
  assert.deepEqual(s.selection(), { nodes: ['b'], edges: ['e1'] });
  s.redo();
  assert.deepEqual(s.selection(), { nodes: [], edges: [] });
  assert.equal(s.canRedo, false);
});

test('records that go leave the selection', () => {
  const s = new DocStore(three());
  s.select(['a', 'b']);
  s.apply({ nodes: { remove: ['b'] } }, 'delete');
  assert.deepEqual(s.selection().nodes, ['a']);
});

test('typing merges until a pause, another field or a seal', () => {
  let now = 0;
  const s = new DocStore(three(), () => now);
  const type = (text: string, merge = 'a.text') => s.apply({ nodes: { update: { a: withData(s.node('a')!, { text }) } } }, 'Edit', { merge });
  const undoes = () => { let n = 0; while (s.undo()) n++; return n; };
  for (const t of ['H', 'He', 'Hey']) { now += 100; type(t); }
  assert.equal(undoes(), 1);
  assert.equal((s.node('a')!.data as { text?: string }).text, undefined);
  type('x');
  now += 5000;
  type('xy');
  type('xyz', 'a.other');
  s.seal();
  type('xyzz', 'a.other');
  assert.equal(undoes(), 4);
});

test('at least 200 steps, and a limit', () => {
  const s = new DocStore(three());
  for (let i = 1; i <= STEPS + 10; i++) s.apply({ nodes: { update: { a: { position: { x: i, y: 0 } } } } }, 'Move');
  let n = 0;
  while (s.undo()) n++;
  assert.ok(STEPS >= 200);
  assert.equal(n, STEPS);
  assert.equal(s.node('a')!.position.x, 10);
});

test('a new change forgets what could be redone', () => {
  const s = new DocStore(three());
  s.apply({ nodes: { update: { a: { position: { x: 1, y: 0 } } } } }, 'Move');
  s.undo();
  s.apply({ nodes: { update: { a: { position: { x: 2, y: 0 } } } } }, 'Move');
  assert.equal(s.redo(), null);
});

test('subscribers hear what happened', () => {
  const s = new DocStore(three()), heard: string[] = [];
  const stop = s.subscribe((n) => heard.push(n.kind === 'doc' ? `${n.change.origin} ${n.change.label} ${n.change.structural}` : `selection ${n.live}`));
  s.apply({ nodes: { update: { a: { position: { x: 1, y: 0 } } } } }, 'Move');
  s.apply({ edges: { remove: ['e1'] } }, 'Disconnect');
  s.undo();
  s.select(['a'], [], true);
  s.select(['a'], [], true);
  s.select(['a']);
  s.select(['a']);
  stop();
  s.select([]);
  assert.deepEqual(heard, ['edit Move false', 'edit Disconnect true', 'undo Disconnect true', 'selection true', 'selection false']);
});

test('a table keeps records it cannot index', () => {
  const rows = [{ id: 'a' }, null, { id: 7 }, { id: 'a', twin: true }] as unknown as { id: string }[];
  const t = new Table(rows);
  t.apply(t.resolve({ put: [{ id: 'z' }] }));
  assert.deepEqual(t.rows, [...rows, { id: 'z' }]);
  assert.equal(t.at('a'), 0);
});

test('values', () => {
  assert.ok(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }));
  assert.ok(!same({ a: undefined }, {}));
  assert.ok(!same([1], { 0: 1 }));
  assert.equal(num('3', 9), 9);
  assert.equal(num({ rawJSON: '12.50' }), 12.5);
  assert.equal(num(NaN, 1), 1);
});
