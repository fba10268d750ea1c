import assert from 'node:assert/strict';
import { test } from 'node:test';
import { member, put, read, shown } from './fields';

test('text stays as it is typed, also when it is empty', () => {
  assert.deepEqual(read({ widget: 'textarea', text: ' a\n' }), { value: ' a\n', problem: '' });
  assert.deepEqual(read({ widget: 'text', text: '' }), { value: '', problem: '' });
  assert.match(read({ widget: 'text', text: ' ', required: true }).problem, /needed/);
});

test('numbers are numbers, within their limits', () => {
  assert.deepEqual(read({ widget: 'number', text: '0.7', min: '0', max: '2' }), { value: 0.7, problem: '' });
  assert.deepEqual(read({ widget: 'number', text: '3', min: '0', max: '2' }), { value: 3, problem: 'At most 2.' });
  assert.deepEqual(read({ widget: 'number', text: '-1', min: '0' }), { value: -1, problem: 'At least 0.' });
  assert.deepEqual(read({ widget: 'number', text: '' }), { value: undefined, problem: '' });
  assert.deepEqual(read({ widget: 'number', text: '', unreadable: true }), { keep: true, problem: 'Enter a number.' });
});

test('JSON becomes a value; half of it is kept as text, and said where it breaks', () => {
  assert.deepEqual(read({ widget: 'json', text: '{"a": [1]}' }), { value: { a: [1] }, problem: '' });
  const half = read({ widget: 'json', text: '{"a": ' });
  assert.deepEqual('value' in half && half.value, '{"a": ');
  assert.match(half.problem, /no JSON yet: it ends too early/);
  assert.match(read({ widget: 'json', text: '{\n "a": x}' }).problem, /no JSON yet/);
  assert.deepEqual(read({ widget: 'json', text: '  ' }), { value: undefined, problem: '' });
});

test('a schema must be an object schema; where its text breaks is said by line and column', () => {
  assert.deepEqual(read({ widget: 'schema', text: '{"type":"object"}' }), { value: { type: 'object' }, problem: '' });
  assert.match(read({ widget: 'schema', text: '[]' }).problem, /object schema/);
  assert.match(read({ widget: 'schema', text: '{"type":"string"}' }).problem, /object schema/);
  assert.match(read({ widget: 'schema', text: '{"properties":[]}' }).problem, /properties/);
  assert.match(read({ widget: 'schema', text: '{\n "a": 1,,\n}' }).problem, /line 2, column 9/);
  assert.match(read({ widget: 'schema', text: '{"type":\n' }).problem, /ends too early, at line 2, column 1/);
  assert.deepEqual(read({ widget: 'schema', text: ' ' }), { value: undefined, problem: '' });
});

test('the fixed value for a failure is always JSON', () => {
  assert.deepEqual(read({ widget: 'value', text: '"no"' }), { value: 'no', problem: '' });
  assert.equal(shown('value', 'no', undefined), '"no"');
  assert.equal('keep' in read({ widget: 'value', text: 'no' }), true);
});

test('a switch, and a choice of nothing', () => {
  assert.deepEqual(read({ widget: 'switch', text: 'false' }), { value: false, problem: '' });
  assert.deepEqual(read({ widget: 'provider', text: '' }), { value: undefined, problem: '' });
  assert.deepEqual(read({ widget: 'image', text: '{"$file":"file_1"}' }), { value: { $file: 'file_1' }, problem: '' });
  assert.deepEqual(read({ widget: 'image', text: 'file_1' }), { value: 'file_1', problem: '' });
});

test('values are shown as the server shows them', () => {
  assert.equal(shown('text', undefined, 'd'), 'd');
  assert.equal(shown('number', 0, 1), '0');
  assert.equal(shown('json', { a: 1 }, null), '{\n  "a": 1\n}');
  assert.equal(shown('json', '{"a": ', null), '{"a": ');
  assert.equal(shown('text', null, undefined), '');
  assert.equal(shown('text', ['a', 'b'], null), 'a, b');
  assert.equal(shown('textarea', ['a', 'b'], null), 'a\nb');
  assert.equal(shown('textarea', ['a', 2], null), '["a",2]');
});

test('a member is set or taken away; the others stay', () => {
  const data = { a: 1, b: 2 };
  assert.deepEqual(put(data, 'b', undefined), { a: 1 });
  assert.deepEqual(put(data, 'c', 3), { a: 1, b: 2, c: 3 });
  const deep = put(data, 'retry.attempts', 3);
  assert.deepEqual(deep, { a: 1, b: 2, retry: { attempts: 3 } });
  assert.equal(member(deep, 'retry.attempts'), 3);
  assert.equal(member(data, 'retry.attempts'), undefined);
  assert.equal(member({ retry: 3 }, 'retry.attempts'), undefined);
  assert.deepEqual(put(put(deep, 'retry.delay', 5), 'retry.attempts', undefined), { a: 1, b: 2, retry: { delay: 5 } });
  assert.deepEqual(put(deep, 'retry.attempts', undefined), data);
  assert.deepEqual(data, { a: 1, b: 2 });
});
