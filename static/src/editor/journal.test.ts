import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeStorage } from './fake';
import { Journal, type Draft } from './journal';
import { decode, encode } from './json';

const draft = (at: number, name = 'n'): Draft => ({ at, version: 3, name, doc: { nodes: [], edges: [] } });

test('drafts of pages that are gone are found, the newest first; the own one is not', () => {
  const s = new FakeStorage();
  new Journal(s, 'wf_1', 'old').write(draft(1));
  new Journal(s, 'wf_1', 'new').write(draft(2));
  new Journal(s, 'wf_2', 'x').write(draft(3));
  const j = new Journal(s, 'wf_1', 'me');
  j.write(draft(9));
  assert.deepEqual(j.left().map((d) => [d.key, d.draft.at]), [['heddle-draft:wf_1:new', 2], ['heddle-draft:wf_1:old', 1]]);
  j.clear();
  assert.equal(s.getItem(j.name), null);
});

test('a damaged entry is dropped', () => {
  const s = new FakeStorage();
  for (const [i, bad] of ['{', 'null', '{"at":1}', '{"at":1,"version":1,"name":"n","doc":{"nodes":{}}}'].entries()) s.setItem(`heddle-draft:wf_1:${i}`, bad);
  assert.deepEqual(new Journal(s, 'wf_1', 'me').left(), []);
  assert.equal(s.length, 0);
});

test('a full storage gives up old drafts of others, never fresh ones', () => {
  const one = encode(draft(Date.now())).length;
  const s = new FakeStorage(2 * one + 20);
  new Journal(s, 'wf_2', 'fresh').write(draft(Date.now()));
  new Journal(s, 'wf_3', 'old').write(draft(1));
  assert.equal(new Journal(s, 'wf_1', 'me').write(draft(Date.now())), true);
  assert.deepEqual([...s.map.keys()], ['heddle-draft:wf_2:fresh', 'heddle-draft:wf_1:me']);
  assert.equal(new Journal(s, 'wf_9', 'me').write(draft(Date.now(), 'x'.repeat(one))), false);
});

test('without a storage nothing breaks', () => {
  const j = new Journal(null, 'wf_1', 'me');
  assert.equal(j.write(draft(1)), false);
  assert.deepEqual(j.left(), []);
  j.clear();
});

test('JSON is read and written again as it was', () => {
  const text = '{"a":[1,-2.5,0.001,"é</script>"],"b":null}';
  assert.equal(encode(decode(text)), text);
});
