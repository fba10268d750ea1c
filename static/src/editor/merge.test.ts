import assert from 'node:assert/strict';
import test from 'node:test';
import type { RFEdge, RFNode } from '../canvas/document';
import { same } from '../canvas/diff';
import { DocStore } from '../canvas/history';
import { merge, settle, titleOf, type Side } from './merge';

const node = (id: string, data: Record<string, unknown> = {}, x = 0): RFNode => ({ id, type: 'text', position: { x, y: 0 }, data });
const edge = (id: string, source: string, target: string): RFEdge => ({ id, source, target });
const side = (nodes: RFNode[], edges: RFEdge[] = [], name = 'Flow'): Side => ({ name, nodes, edges });
const ids = (rows: readonly { id: string }[]) => rows.map((r) => r.id).join(' ');

test('what each side did is there, without a question', () => {
  const base = side([node('a', { text: 'one', label: 'A' }), node('b'), node('c')], [edge('e', 'a', 'b')]);
  const mine = side([node('a', { text: 'mine', label: 'A' }), node('b'), node('c'), node('m')], [edge('e', 'a', 'b'), edge('f', 'b', 'm')]);
  const theirs = side([node('a', { text: 'one', label: 'Theirs' }, 40), node('b'), node('t')], [edge('e', 'a', 'b'), edge('g', 'a', 't')], 'Renamed');
  const got = merge(base, mine, theirs);
  assert.deepEqual(got.conflicts, []);
  assert.equal(ids(got.nodes), 'a b t m');
  assert.deepEqual(got.nodes[0], node('a', { text: 'mine', label: 'Theirs' }, 40));
  assert.equal(ids(got.edges), 'e g f');
  assert.equal(got.name, 'Renamed');
  assert.deepEqual(got.steps, { added: 1, changed: 1, removed: 1 });
});

test('one field changed by both is a conflict, and each side can be chosen', () => {
  const base = side([node('a', { text: 'one', label: 'Ask' })]), mine = side([node('a', { text: 'mine', label: 'Ask' })]), theirs = side([node('a', { text: 'theirs', label: 'Ask' })]);
  const got = merge(base, mine, theirs);
  assert.deepEqual(got.conflicts, [{ table: 'nodes', record: 'a', path: ['data', 'text'], mine: 'mine', theirs: 'theirs' }]);
  assert.equal(titleOf(got.conflicts[0]!, () => 'Ask'), 'Ask: text');
  const store = new DocStore({ nodes: got.nodes, edges: got.edges });
  store.apply(settle(got, got.conflicts, () => 'theirs').diff, 'Choose');
  assert.equal(store.node('a')!.data!.text, 'theirs');
});

test('a step that one deleted and the other changed stays until someone chose', () => {
  const base = side([node('a'), node('b')], [edge('e', 'a', 'b')]), mine = side([node('a')]), theirs = side([node('a'), node('b', { text: 'new' })], [edge('e', 'a', 'b')]);
  const got = merge(base, mine, theirs);
  assert.equal(ids(got.nodes), 'a b');
  assert.equal(got.conflicts.length, 1);
  const store = new DocStore({ nodes: got.nodes, edges: got.edges });
  store.apply(settle(got, got.conflicts, () => 'mine').diff, 'Choose');
  assert.equal(ids(store.doc().nodes), 'a');
  // A step that was only moved goes without a question.
  assert.deepEqual(merge(base, mine, side([node('a'), node('b', {}, 99)], [edge('e', 'a', 'b')])).conflicts, []);
});

test('a new connection keeps the step it hangs on', () => {
  const base = side([node('a'), node('b')]), mine = side([node('a'), node('b')], [edge('e', 'a', 'b')]), theirs = side([node('a')]);
  const got = merge(base, mine, theirs);
  assert.equal(ids(got.nodes), 'a b');
  assert.deepEqual(got.conflicts.map((c) => [c.record, c.theirs]), [['b', undefined]]);
  const { diff } = settle(got, got.conflicts, () => 'theirs'), store = new DocStore({ nodes: got.nodes, edges: got.edges });
  store.apply(diff, 'Choose');
  assert.deepEqual([ids(store.doc().nodes), store.doc().edges.length], ['a', 0]);
});

test('both moved one step: no question', () => {
  const got = merge(side([node('a')]), side([node('a', {}, 10)]), side([node('a', {}, 20)]));
  assert.deepEqual([got.conflicts, got.nodes[0]!.position.x], [[], 10]);
});

// A small generator with a seed: a failing run can be repeated.
function random(seed: number) {
  let s = seed;
  const next = (n: number) => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return Math.floor((s / 2 ** 32) * n);
  };
  return next;
}

interface Made { side: Side; done: { id: string; key: string }[]; gone: string[]; added: string[] }

/** edited does some things to a document; who keeps values and ids apart. */
function edited(from: Side, who: string, next: (n: number) => number): Made {
  let nodes = [...from.nodes], edges = [...from.edges];
  const done: Made['done'] = [], gone: string[] = [], added: string[] = [];
  for (let k = 0; k < 6; k++) {
    const i = next(nodes.length || 1), n = nodes[i];
    const what = next(5);
    if (what === 0 || !n) {
      added.push(`${who}${k}`);
      nodes.push(node(`${who}${k}`, { text: who }));
    } else if (what === 1) {
      gone.push(n.id);
      nodes = nodes.filter((x) => x.id !== n.id);
      edges = edges.filter((e) => e.source !== n.id && e.target !== n.id);
    } else if (what === 2) {
      const key = `k${next(3)}`;
      done.push({ id: n.id, key });
      nodes[i] = { ...n, data: { ...n.data, [key]: `${who}${k}` } };
    } else if (what === 3) nodes[i] = { ...n, position: { x: next(500), y: next(500) } };
    else if (nodes.length > 1) edges.push(edge(`${who}e${k}`, nodes[next(nodes.length)]!.id, n.id));
  }
  return { side: { name: from.name, nodes, edges }, done, gone, added };
}

test('merging nothing gives the other side, whatever was done; all that is no conflict is there', () => {
  for (let seed = 1; seed <= 400; seed++) {
    const next = random(seed);
    const base = side(Array.from({ length: 2 + next(6) }, (_, i) => node(`n${i}`, { k0: 'base' })), [edge('e0', 'n0', 'n1')]);
    const mine = edited(base, 'm', next), theirs = edited(base, 't', next), word = `seed ${seed}`;
    const left = merge(base, base, theirs.side), right = merge(base, mine.side, base);
    assert.ok(same(left.nodes, theirs.side.nodes) && same(left.edges, theirs.side.edges) && !left.conflicts.length, `${word}: theirs alone`);
    assert.ok(same(right.nodes, mine.side.nodes) && same(right.edges, mine.side.edges) && !right.conflicts.length, `${word}: mine alone`);
    const got = merge(base, mine.side, theirs.side), other = merge(base, theirs.side, mine.side);
    assert.deepEqual(got.conflicts.map((c) => c.record + c.path).sort(), other.conflicts.map((c) => c.record + c.path).sort(), `${word}: the same conflicts from both sides`);
    present(got, mine, theirs, word);
    present(got, theirs, mine, word);
    whole(got, word);
    // Once more with the answer of the server: nothing new.
    const again = merge(theirs.side, got, theirs.side);
    assert.ok(same(again.nodes, got.nodes) && !again.conflicts.length, `${word}: merging again changes nothing`);
  }
});

function present(got: ReturnType<typeof merge>, one: Made, two: Made, word: string) {
  const now = new Map(got.nodes.map((n) => [n.id, n])), last = new Map(one.side.nodes.map((n) => [n.id, n]));
  for (const id of one.added) if (last.has(id)) assert.ok(now.has(id), `${word}: ${id} is lost`);
  for (const { id, key } of one.done) {
    const value = last.get(id)?.data?.[key], asked = got.conflicts.some((c) => c.record === id && (!c.path.length || c.path.includes(key)));
    if (value !== undefined && !asked) assert.equal(now.get(id)?.data?.[key], value, `${word}: ${key} of ${id} is lost`);
  }
  for (const id of one.gone) if (!two.side.nodes.some((n) => n.id === id)) assert.ok(!now.has(id), `${word}: ${id} is back`);
}

// No connection hangs in the air.
function whole(got: ReturnType<typeof merge>, word: string) {
  const now = new Set(got.nodes.map((n) => n.id));
  for (const e of got.edges) assert.ok(now.has(e.source) && now.has(e.target), `${word}: ${e.id} hangs`);
}

test('undo after a merge takes back what was done here, not what came', () => {
  const store = new DocStore({ nodes: [node('a', { text: 'one' }), node('b')], edges: [] });
  store.apply({ nodes: { update: { a: { data: { text: 'mine' } } } } }, 'Edit');
  store.apply({ nodes: { put: [node('m')] } }, 'Add');
  store.apply({ nodes: { remove: ['b'] } }, 'Delete b');
  store.absorb([{ ...node('a', { text: 'mine', label: 'Theirs' }), position: { x: 7, y: 7 } }, node('m'), node('t')], []);
  assert.equal(ids(store.doc().nodes), 'a m t');
  store.undo();
  assert.ok(store.node('b') && store.node('t'), 'b is back, t stays');
  store.undo();
  assert.equal(store.node('m'), undefined);
  store.undo();
  assert.deepEqual(store.node('a'), { ...node('a', { text: 'one', label: 'Theirs' }), position: { x: 7, y: 7 } });
  store.redo();
  assert.equal(store.node('a')!.data!.text, 'mine');
  assert.equal(store.canUndo, true);
});

test('steps of the history about what is gone are left out', () => {
  const store = new DocStore({ nodes: [node('a'), node('b')], edges: [] });
  for (let i = 0; i < 250; i++) store.apply({ nodes: { update: { [i % 2 ? 'a' : 'b']: { data: { n: i } } } } }, `Edit ${i}`);
  store.absorb([node('b', { n: 248 })], []);
  let undone = 0;
  while (store.undo()) undone++;
  assert.equal(undone, 125);
  assert.deepEqual(store.doc().nodes, [node('b')]);
});
