import assert from 'node:assert/strict';
import test from 'node:test';
import { fileName, scaleOf } from './export';
import { graphIn, refusal, sortOf } from './intake';

test('files are sorted by type, and by name when the type says nothing', () => {
  const sort = (name: string, type = '') => sortOf({ name, type });
  assert.equal(sort('a.PNG'), 'picture');
  assert.equal(sort('a', 'image/webp'), 'picture');
  assert.equal(sort('a.svg', 'image/svg+xml'), 'other');
  assert.equal(sort('a.csv', 'application/vnd.ms-excel'), 'text');
  assert.equal(sort('a.md'), 'text');
  assert.equal(sort('a.bin', 'text/plain;charset=utf-8'), 'text');
  assert.equal(sort('flow.json', 'application/json'), 'json');
  assert.equal(sort('a.pdf', 'application/pdf'), 'other');
  assert.equal(sort('a.mp4', 'video/mp4'), 'other');
  assert.match(refusal('a.mp4'), /“a\.mp4”.*PNG, JPEG.*CSV.*JSON/);
});

test('a workflow is found in JSON, whole or inside data; anything else is none', () => {
  assert.equal(graphIn('{"nodes":[{"id":"a","position":{"x":0,"y":0},"mine":7}],"edges":[]}')?.nodes[0]?.mine, 7);
  assert.equal(graphIn('{"data":{"nodes":[{"id":"a","position":{"x":0,"y":0}}],"edges":[]}}')?.nodes.length, 1);
  for (const no of ['{', '[]', '{"nodes":[]}', '{"a":1}', 'text']) assert.equal(graphIn(no), null, no);
});

test('broken records of a workflow file are left out', () => {
  const clip = graphIn('{"nodes":[null,{"id":"a","position":{"x":0,"y":0}},{"id":7},{"id":"b"}],"edges":[null,{"id":"e","source":"a"}]}');
  assert.deepEqual(clip?.nodes.map((n) => n.id), ['a']);
  assert.deepEqual(clip?.edges, []);
});

test('exported files have names that work everywhere, and a size that can be drawn', () => {
  assert.equal(fileName('My/flow: über 2!'), 'My-flow-über-2');
  assert.equal(fileName('  '), 'workflow');
  assert.equal(scaleOf({ width: 800, height: 600 }), 2);
  assert.ok(scaleOf({ width: 100_000, height: 400 }) * 100_000 <= 8192);
  assert.ok((scaleOf({ width: 8000, height: 8000 }) * 8000) ** 2 <= 48e6 + 1);
});
