import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, formatted, isMark } from './large';

test('characters are counted as people see them', () => {
  assert.equal(counted('a'), '1 character');
  assert.equal(counted('héé🙂'), '4 characters');
  assert.equal(counted('x'.repeat(1234)), '1,234 characters');
});

test('JSON is formatted, other text is left alone', () => {
  assert.equal(formatted('{"a":[1]}'), '{\n  "a": [\n    1\n  ]\n}');
  assert.equal(formatted('{"a":'), null);
});

test('only what can be an input is inserted', () => {
  assert.equal(isMark('customer_name'), true);
  for (const no of ['', ' ', 'a b', '}}', 'x'.repeat(65)]) assert.equal(isMark(no), false, no);
});
