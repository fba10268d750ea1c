import assert from 'node:assert/strict';
import test from 'node:test';
import { contains, fuzzy, ranked } from './fuzzy';

test('a query is found letter by letter, in order', () => {
  assert.deepEqual(fuzzy('txt', 'Text')?.at, [0, 2, 3]);
  assert.equal(fuzzy('xtt', 'Text'), null);
  assert.deepEqual(fuzzy('', 'Text')?.at, []);
  assert.deepEqual(fuzzy('TEXT', 'text')?.at, [0, 1, 2, 3]);
});

test('every word counts, in any order', () => {
  assert.ok(fuzzy('model lang', 'Language model'));
  assert.equal(fuzzy('model zebra', 'Language model'), null);
});

test('beginnings of words win over letters in the middle', () => {
  assert.deepEqual(fuzzy('lm', 'Language model')?.at, [0, 9]);
  const order = (q: string, ...list: string[]) => ranked(list, q, (first) => ({ first })).map((r) => r.item);
  assert.deepEqual(order('te', 'Debug a late one', 'Text'), ['Text', 'Debug a late one']);
  assert.deepEqual(order('im', 'Trim text', 'Image'), ['Image', 'Trim text']);
  assert.deepEqual(order('fs', 'Of these', 'Fit selection'), ['Fit selection', 'Of these']);
});

test('letters whose lower case is longer do not shift the places', () => {
  assert.deepEqual(fuzzy('x', 'İx')?.at, [1]);
});

test('other texts count less than the one shown, and an empty query keeps the order', () => {
  const list = [{ t: 'Look', o: 'describes an image' }, { t: 'Image', o: '' }];
  const found = (q: string) => ranked(list, q, (i) => ({ first: i.t, others: [i.o] })).map((r) => r.item.t);
  assert.deepEqual(found('image'), ['Image', 'Look']);
  assert.deepEqual(found(' '), ['Look', 'Image']);
  assert.deepEqual(found('zebra'), []);
  assert.equal(contains('Describes an image', 'AN desc'), true);
});
