import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RFNode, Spec } from '../canvas/main';
import { difference } from './conflict';
import { matches } from './palette';
import { formKey, type Source } from './ports';
import { stateOf } from './state';
import { pictures, size } from './value';

const node = (id: string, text = ''): RFNode => ({ id, type: 'llm', position: { x: 0, y: 0 }, data: { prompt: text } });

test('a conflict is described by what differs', () => {
  const mine = { nodes: [node('a'), node('b'), node('c')], edges: [] };
  assert.equal(difference(mine, { nodes: [node('a'), node('b', 'x'), node('d')], edges: [{ id: 'e', source: 'a', target: 'b' }] }),
    'Compared with yours: 1 step only there, 1 step only here, 1 step different, 1 connection only there.');
  assert.equal(difference(mine, mine), 'Its steps and connections are the same as yours.');
});

test('the palette finds every word, in any order', () => {
  assert.equal(matches('language model llm ai asks', ' AI  lang '), true);
  assert.equal(matches('language model llm ai asks', 'ai text'), false);
  assert.equal(matches('anything', ''), true);
});

test('pictures are found in previews, also in lists that were cut; text is never one', () => {
  const ref = (id: string, type: string) => `{"$file":"${id}","name":"a","mediaType":"${type}","size":1}`;
  assert.deepEqual(pictures(ref('file_1', 'image/png')), ['/api/files/file_1']);
  assert.deepEqual(pictures(`[${ref('file_1', 'image/png')},${ref('file_2', 'image/jpeg')},{"$file":"file_3","na`), ['/api/files/file_1', '/api/files/file_2']);
  assert.deepEqual(pictures(ref('file_1', 'text/csv')), []);
  assert.deepEqual(pictures(`see ${ref('file_1', 'image/png')}`), []);
});

test('a card shows the port its kind names, pictures before words, and streamed text while it runs', () => {
  const spec = { preview: 'text', outputs: [{ name: 'json' }, { name: 'text' }], fields: null } as unknown as Spec;
  assert.deepEqual(stateOf({ nodeId: 'a', status: 'success', output: { json: '{}', text: 'hi' }, usage: { tokensIn: 1, tokensOut: 2, costUsd: null }, duration: 5, streamed: 'h' }, spec),
    { status: 'success', durationMs: 5, tokens: 3, costUsd: null, preview: 'hi' });
  assert.deepEqual(stateOf({ nodeId: 'a', status: 'running', streamed: 'h' }, spec), { status: 'running', streamed: 'h' });
  assert.deepEqual(stateOf({ nodeId: 'a', status: 'success', output: { text: 'x', image: '{"$file":"file_1","mediaType":"image/png"}' } }, undefined).images, ['/api/files/file_1']);
});

test('the server looks at the form again for new data and for what feeds it, not for a moved card', () => {
  const from = (label: string): Source[] => [{ port: 'prompt', node: 'b', label }];
  const key = (text: string, connected: string[] = [], sources: Source[] = []) => formKey(node('a', text), sources, connected);
  assert.equal(key('Hi {{a}}'), formKey({ ...node('a', 'Hi {{a}}'), position: { x: 9, y: 9 } }, [], []));
  assert.notEqual(key('Hi {{a}}'), key('Hi {{a}} {{b}}'));
  assert.notEqual(key('Hi'), key('Hi', ['prompt']));
  assert.notEqual(key('Hi', ['prompt'], from('Old')), key('Hi', ['prompt'], from('New')));
});

test('sizes are readable', () => {
  assert.deepEqual([size(12), size(2048), size(3 * 1024 * 1024)], ['12 B', '2.0 KB', '3.0 MB']);
});
