import assert from 'node:assert/strict';
import test from 'node:test';
import { aligned, distributed, type Alignment } from './align';
import type { Box } from './geometry';

const box = (x: number, y: number, w: number, h: number): Box => ({ x0: x, y0: y, x1: x + w, y1: y + h });
const boxes = [box(10, 0, 100, 50), box(200, 30, 60, 80), box(50, 300, 200, 40)];

test('boxes line up with the box around them', () => {
  const one = (how: Alignment) => aligned(boxes, how);
  assert.deepEqual(one('left').map((p) => p.x), [10, 10, 10]);
  assert.deepEqual(one('right').map((p, i) => p.x + boxes[i]!.x1 - boxes[i]!.x0), [260, 260, 260]);
  assert.deepEqual(one('centre').map((p, i) => p.x + (boxes[i]!.x1 - boxes[i]!.x0) / 2), [135, 135, 135]);
  assert.deepEqual(one('top').map((p) => p.y), [0, 0, 0]);
  assert.deepEqual(one('bottom').map((p, i) => p.y + boxes[i]!.y1 - boxes[i]!.y0), [340, 340, 340]);
  assert.deepEqual(one('middle').map((p, i) => p.y + (boxes[i]!.y1 - boxes[i]!.y0) / 2), [170, 170, 170]);
  assert.deepEqual(one('left').map((p) => p.y), [0, 30, 300], 'the other axis stays');
  assert.deepEqual(aligned([], 'left'), []);
});

test('gaps become equal and the ends stay', () => {
  const row = [box(400, 5, 100, 10), box(0, 7, 50, 10), box(60, 9, 30, 10)];
  const out = distributed(row, 'x');
  assert.deepEqual(out.map((p) => p.x), [400, 0, 210]);
  assert.deepEqual(out.map((p) => p.y), [5, 7, 9]);
  assert.deepEqual(distributed(row.slice(0, 2), 'x').map((p) => p.x), [400, 0], 'two have one gap');
  const tight = distributed([box(0, 0, 100, 1), box(10, 0, 100, 1), box(50, 0, 100, 1)], 'x');
  assert.deepEqual(tight.map((p) => p.x), [0, 25, 50]);
});
