import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DocStore } from './history';
import { Graph } from './graph';
import { layers, outline, swapWith } from './order';

const at = { x: 0, y: 0 };
const doc = () => ({
  nodes: [{ id: 'last', position: at }, { id: 'b', position: at, data: { label: 'Bee' } }, { id: 'a', position: at }, { id: 'box', type: 'group', position: at }, { id: 'in', parentId: 'box', position: at }],
  edges: [{ id: 'e1', source: 'a', target: 'last' }, { id: 'e2', source: 'b', target: 'last' }, { id: 'e3', source: 'last', target: 'in' }],
});
const folds = { opened: new Set<string>(), closed: new Set<string>() };
const ids = (g: Graph, query = '') => outline(g, folds, query).map((l) => g.nodes[l.node]!.id);

test('steps are listed as they run, ties as the document has them', () => {
  const g = new Graph(doc(), []);
  assert.deepEqual([...layers(g)], [1, 0, 0, 0, 2]);
  assert.deepEqual(ids(g), ['b', 'a', 'last', 'box', 'in']);
  assert.deepEqual(ids(g, 'bee'), ['b']);
});

test('an opened step lists its connections, incoming first', () => {
  const g = new Graph(doc(), []);
  const lines = outline(g, { opened: new Set(['last']), closed: new Set(['box']) });
  assert.deepEqual(lines.map((l) => [l.key, l.level, l.pos, l.size]), [['b', 1, 1, 4], ['a', 1, 2, 4], ['last', 1, 3, 4], ['last\ne1', 2, 1, 3], ['last\ne2', 2, 2, 3], ['last\ne3', 2, 3, 3], ['box', 1, 4, 4]]);
});

test('a loop does not hang the order', () => {
  const g = new Graph({ nodes: doc().nodes, edges: [{ id: 'x', source: 'a', target: 'b' }, { id: 'y', source: 'b', target: 'a' }] }, []);
  assert.equal(ids(g).length, 5);
});

test('only steps that run at the same time change places, and it can be undone', () => {
  const store = new DocStore(doc()), g = new Graph(store.doc(), []);
  assert.equal(swapWith(g, g.at('b'), true), g.at('a'));
  assert.equal(typeof swapWith(g, g.at('a'), true), 'string');
  assert.equal(typeof swapWith(g, g.at('b'), false), 'string');
  const before = store.doc().nodes.map((n) => n.id), a = store.node('a');
  assert.ok(store.apply({ nodes: { move: { a: 1 } } }, 'Reorder'));
  assert.deepEqual(store.doc().nodes.map((n) => n.id), ['last', 'a', 'b', 'box', 'in']);
  assert.equal(store.node('a'), a);
  store.undo();
  assert.deepEqual(store.doc().nodes.map((n) => n.id), before);
  store.redo();
  assert.deepEqual(store.doc().nodes.map((n) => n.id), ['last', 'a', 'b', 'box', 'in']);
  store.apply({ nodes: { move: { last: 4 } } }, 'Reorder');
  assert.deepEqual(store.doc().nodes.map((n) => n.id), ['a', 'b', 'box', 'in', 'last']);
});
