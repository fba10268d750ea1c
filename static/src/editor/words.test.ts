import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RFNode, Spec } from '../canvas/main';
import { ago, newsOf } from './news';
import { matches } from './palette';
import { formKey, type Source } from './ports';
import { stateOf } from './state';
import { pictures, size } from './value';

const node = (id: string, text = ''): RFNode => ({ id, type: 'llm', position: { x: 0, y: 0 }, data: { prompt: text } });

test('what came from elsewhere is said in words', () => {
  const none = { added: 0, changed: 0, removed: 0 };
  assert.equal(newsOf({ steps: { added: 1, changed: 2, removed: 0 }, connections: { ...none, removed: 3 } }), '1 step added, 2 steps changed, 3 connections removed');
  assert.equal(newsOf({ steps: none, connections: none }), '');
  const now = Date.parse('2026-05-01T12:00:00Z');
  assert.deepEqual(['2026-05-01T11:59:30Z', '2026-05-01T11:58:00Z', '2026-05-01T10:59:00Z', '2026-04-28T12:00:00Z', ''].map((at) => ago(at, now)), ['just now', '2 minutes ago', '1 hour ago', '3 days ago', '']);
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
    { status: 'success', durationMs: 5, tokens: 3, costUsd: null, outputs: { json: '{}', text: 'hi' }, preview: 'hi' });
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
