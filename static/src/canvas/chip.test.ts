import assert from 'node:assert/strict';
import test from 'node:test';
import { chipOf, countOf, passedOn } from './chip';
import { Graph } from './graph';
import type { Spec } from './spec';
import type { NodeState } from './status';

test('items are counted, and a list that is cut off is many', () => {
  assert.deepEqual(['hello', '', '[]', '[1]', '[1,2,{"a":[3]}]', '[1,2,', '[not a list'].map(countOf), ['1 item', '1 item', '0 items', '1 item', '3 items', 'many items', 'many items']);
});

test('only what a successful step put out has a chip', () => {
  const state: NodeState = { status: 'success', outputs: { text: 'hi' } };
  assert.deepEqual([chipOf(state, 'text'), chipOf(state, 'json'), chipOf({ ...state, status: 'running' }, 'text'), chipOf(undefined, 'text')], ['1 item', undefined, undefined, undefined]);
});

test('a connection shows how its value begins, a file by its name', () => {
  const spec = { type: 'text', title: 'Text', inputs: [], outputs: [{ name: 'text', label: 'Text', type: 'text' }], fields: [] } as unknown as Spec;
  const sink = { type: 'debug', title: 'Debug', inputs: [{ name: 'in', label: 'In', type: 'any' }], outputs: [], fields: [] } as unknown as Spec;
  const g = new Graph({ nodes: [{ id: 'a', type: 'text', position: { x: 0, y: 0 } }, { id: 'b', type: 'debug', position: { x: 400, y: 0 } }], edges: [{ id: 'e', source: 'a', target: 'b' }] }, [spec, sink]);
  const shown = (text: string) => passedOn(g, 0, () => ({ status: 'success', outputs: { text } }));
  assert.equal(shown('hello'), 'hello');
  assert.equal(shown('x'.repeat(500)).length, 241);
  assert.equal(shown(''), 'An empty text');
  assert.equal(shown('{"$file":"file_1","name":"cat.png","mediaType":"image/png"}'), 'cat.png');
  assert.equal(passedOn(g, 0, () => undefined), '');
});
