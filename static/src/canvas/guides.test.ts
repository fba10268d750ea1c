import assert from 'node:assert/strict';
import test from 'node:test';
import type { Box } from './geometry';
import { guidesOf, pull } from './guides';

const box = (x: number, y: number, w = 100, h = 50): Box => ({ x0: x, y0: y, x1: x + w, y1: y + h });

test('edges and middles pull from near and not from far', () => {
  const other = box(0, 0);
  assert.deepEqual(pull(box(4, 200), [other], 6), { dx: -4, dy: null });
  assert.deepEqual(pull(box(7, 200), [other], 6), { dx: null, dy: null });
  assert.deepEqual(pull(box(26, 200, 50), [other], 6).dx, -1, 'the middles meet');
  assert.deepEqual(pull(box(300, 47, 100, 70), [other], 6).dy, 3, 'top to bottom');
  assert.deepEqual(pull(box(300, -3), [other], 6).dy, 3);
});

test('the nearest wins', () => {
  assert.equal(pull(box(4, 200), [box(0, 0), box(5, 400, 333)], 6).dx, 1);
});

test('equal gaps: between two, after two, before two', () => {
  const a = box(0, 0), b = box(150, 10);
  assert.equal(pull(box(303, 5, 90), [a, b], 6).dx, -3, 'after two');
  assert.equal(pull(box(-143, 5, 90), [a, b], 6).dx, 3, 'before two');
  assert.equal(pull(box(161, 5, 70), [a, box(300, 5, 77)], 6).dx, 4, 'between two');
});

test('what does not share a row makes no gap', () => {
  assert.equal(pull(box(303, 500, 90), [box(0, 0), box(150, 10)], 2).dx, null);
});

test('lines span what they join, gaps lie between', () => {
  const g = guidesOf(box(0, 200), [box(0, 0)]);
  assert.deepEqual(g.filter((x) => x.x0 === 0 && x.x1 === 0), [{ x0: 0, x1: 0, y0: 0, y1: 250, gap: false }]);
  const row = guidesOf(box(300, 0), [box(0, 0), box(150, 0)]).filter((x) => x.gap);
  assert.deepEqual(row, [{ x0: 100, x1: 150, y0: 25, y1: 25, gap: true }, { x0: 250, x1: 300, y0: 25, y1: 25, gap: true }]);
  assert.deepEqual(guidesOf(box(33, 217, 61, 41), [box(0, 0)]), []);
});
