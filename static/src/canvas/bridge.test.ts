import assert from 'node:assert/strict';
import test from 'node:test';
import { bridged } from './bridge';
import type { RFEdge } from './document';
import { candidates, spliceOf, splicing } from './splice';
import { edge, graphOf, node, specs } from './testkit';

const ends = (list: RFEdge[]) => list.map((e) => `${e.source}.${e.sourceHandle}>${e.target}.${e.targetHandle}`).sort();
const none = () => false;

test('neighbours of a lost step are joined', () => {
  const g = graphOf({ nodes: [node('a', 'text'), node('b', 'llm'), node('c', 'debug')], edges: [edge('1', 'a', 'b', 'text', 'prompt'), edge('2', 'b', 'c', 'text', 'in')] });
  const out = bridged(g, [g.at('b')], none);
  assert.deepEqual(ends(out.edges), ['a.text>c.in']);
  assert.equal(out.lost, 0);
});

test('only where types fit: a picture cannot be a prompt', () => {
  const g = graphOf({ nodes: [node('p', 'image'), node('d', 'llm'), node('b', 'llm')], edges: [edge('1', 'p', 'd', 'image', 'images'), edge('2', 'd', 'b', 'text', 'prompt')] });
  assert.deepEqual(bridged(g, [g.at('d')], none), { edges: [], lost: 1 });
});

test('a single input takes one source, the one of its own type first; a multiple one takes all', () => {
  const nodes = [node('t', 'text'), node('p', 'image'), node('q', 'image'), node('m', 'llm'), node('n', 'llm'), node('d', 'debug')];
  const g = graphOf({ nodes, edges: [
    edge('1', 'p', 'm', 'image', 'images'), edge('2', 't', 'm', 'text', 'prompt'), edge('3', 'm', 'd', 'text', 'in'),
    edge('4', 'q', 'm', 'image', 'images'), edge('5', 'm', 'n', 'json', 'images'),
  ] });
  assert.deepEqual(ends(bridged(g, [g.at('m')], none).edges), ['p.image>n.images', 'q.image>n.images', 't.text>d.in']);
});

test('a chain of lost steps is one bridge', () => {
  const g = graphOf({ nodes: ['a', 'b', 'c', 'd'].map((id, i) => node(id, i ? 'debug' : 'text')), edges: [edge('1', 'a', 'b'), edge('2', 'b', 'c'), edge('3', 'c', 'd')] });
  assert.deepEqual(ends(bridged(g, [g.at('c'), g.at('b')], none).edges), ['a.text>d.in']);
  assert.deepEqual(bridged(g, [g.at('d')], none), { edges: [], lost: 0 }, 'an end leaves nothing to join');
});

test('what is connected already is not connected twice', () => {
  const g = graphOf({ nodes: [node('a', 'image'), node('b', 'debug'), node('c', 'llm')], edges: [edge('1', 'a', 'b', 'image', 'in'), edge('2', 'b', 'c', 'out', 'images'), edge('3', 'a', 'c', 'image', 'images')] });
  assert.deepEqual(bridged(g, [g.at('b')], none), { edges: [], lost: 0 });
});

test('a step fits into an edge when its types do', () => {
  const g = graphOf({ nodes: [node('a', 'text'), node('c', 'llm'), node('m', 'llm'), node('p', 'image'), node('d', 'debug')], edges: [{ ...edge('1', 'a', 'c', 'text', 'prompt'), animated: true }] });
  assert.deepEqual(spliceOf(g, 0, g.at('m')), { into: 0, out: 0 });
  assert.deepEqual(spliceOf(g, 0, g.at('d')), { into: 0, out: 0 }, 'any takes all');
  assert.equal(spliceOf(g, 0, g.at('p')), null, 'a picture has no input');
  assert.equal(spliceOf(g, 0, g.at('a')), null, 'nor an end of the edge itself');
  const diff = splicing(g.edges[0]!, 'm', g.ports(g.at('m'), 'in')[0]!, g.ports(g.at('m'), 'out')[0]!, none);
  assert.deepEqual(diff.edges!.update, { 1: { target: 'm', targetHandle: 'prompt' } });
  assert.deepEqual(ends(diff.edges!.put!), ['m.text>c.prompt']);
  assert.deepEqual(candidates(g, 0, specs).map((c) => c.spec.type), ['llm', 'debug']);
});
