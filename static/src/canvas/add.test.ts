import assert from 'node:assert/strict';
import test from 'node:test';
import { addStep, hook, partner, taken } from './add';
import type { Board } from './board';
import { touches } from './geometry';
import { Graph } from './graph';
import { DocStore } from './history';
import { edge, node, specs } from './testkit';

function board(nodes = [node('a', 'text', 0, 0), node('m', 'llm', 400, 0)], edges = [edge('e', 'a', 'm', 'text', 'prompt')]) {
  const store = new DocStore({ nodes, edges }), g = new Graph(store.doc(), specs);
  store.subscribe((n) => { if (n.kind === 'doc') g.rebuild(store.doc()); });
  const view = { raise: () => {}, reveal: () => {}, cam: { seen: () => ({ x0: 0, y0: 0, x1: 800, y1: 600 }) } };
  return { b: { store, graph: g, specs, view, say: () => {} } as unknown as Board, store, g };
}

const kind = (type: string) => specs.find((s) => s.type === type)!;

test('a port of the same type is preferred, else the first that takes it; none is said', () => {
  const { g } = board([node('a', 'text'), node('i', 'image'), node('m', 'llm')], []);
  const out = (n: number, p = 0) => ({ node: n, side: 'out' as const, port: p });
  assert.equal(partner(g, out(0), kind('llm')), 0, 'text to prompt');
  assert.equal(partner(g, out(1), kind('llm')), 2, 'image to images');
  assert.equal(partner(g, out(1), kind('debug')), 0, 'any takes it');
  assert.equal(partner(g, out(0), kind('image')), -1, 'it has no inputs');
  assert.equal(partner(g, { node: 2, side: 'in', port: 2 }, kind('text')), -1, 'text is no image');
  assert.equal(partner(g, { node: 2, side: 'in', port: 2 }, kind('image')), 0);
});

test('a step at the end of a loose connection has its port there, in one undo step', () => {
  const { b, store, g } = board();
  const id = addStep(b, 'debug', { at: { x: 800, y: 300 }, end: { node: 1, side: 'out', port: 1 } });
  const i = g.at(id), at = g.portAt(i, 'in', 0);
  assert.ok(Math.abs(at.x - 800) <= 10 && Math.abs(at.y - 300) <= 10, JSON.stringify(at));
  const made = store.doc().edges.at(-1)!;
  assert.deepEqual([made.source, made.sourceHandle, made.target, made.targetHandle], ['m', 'json', id, 'in']);
  store.undo();
  assert.equal(store.doc().nodes.length, 2);
  assert.equal(store.doc().edges.length, 1);
});

test('from a single input that is taken the new connection replaces the old one', () => {
  const { b, store, g } = board();
  const id = addStep(b, 'text', { at: { x: 300, y: 300 }, end: { node: 1, side: 'in', port: 0 } });
  const { edges } = store.doc();
  assert.equal(edges.length, 1);
  assert.deepEqual([edges[0]!.source, edges[0]!.target, edges[0]!.targetHandle], [id, 'm', 'prompt']);
  assert.ok(Math.abs(g.portAt(g.at(id), 'out', 0).x - 300) <= 10, 'it lies to the left');
});

test('the selected step is followed by the new one, or fed by it through a free input', () => {
  const { b, store, g } = board();
  store.select(['m']);
  assert.deepEqual(hook(b, 'debug'), { node: 1, side: 'out', port: 0 });
  assert.deepEqual(hook(b, 'image'), { node: 1, side: 'in', port: 2 }, 'images are fed');
  assert.deepEqual(hook(b, 'text'), { node: 1, side: 'in', port: 1 }, 'the prompt is taken');
  const id = addStep(b, 'debug', { end: hook(b, 'debug') });
  assert.ok(g.x[g.at(id)]! > g.x[1]! + g.w[1]!);
  for (const i of [0, 1]) assert.ok(!touches(g.box(i), g.box(g.at(id))));
  store.select(['a', 'm']);
  assert.equal(hook(b, 'debug'), null, 'of several none');
});

test('a place beside a step is free', () => {
  const { b, store, g } = board([node('a', 'text', 0, 0), node('x', 'debug', 340, 0)], []);
  store.select(['a']);
  const i = g.at(addStep(b, 'llm', { end: hook(b, 'llm') }));
  assert.ok(!touches(g.box(i), g.box(1)));
  assert.equal(taken(b, { x: 350, y: 10 }, 50, 50), true);
});
