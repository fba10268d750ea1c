import assert from 'node:assert/strict';
import test from 'node:test';
import { scaleOf } from './minimap';

test('a graph fills the map and lies in its middle', () => {
  const s = scaleOf({ x0: -1000, y0: 0, x1: 9000, y1: 2000 }, 200, 128);
  assert.equal(s.k, 184 / 10_000);
  assert.equal(Math.round(4000 * s.k + s.x), 100);
  assert.equal(Math.round(1000 * s.k + s.y), 64);
});

test('a small graph is not blown up, and one without size has a scale', () => {
  assert.equal(scaleOf({ x0: 0, y0: 0, x1: 300, y1: 100 }, 200, 128).k, 1 / 6);
  assert.ok(Number.isFinite(scaleOf({ x0: 5, y0: 5, x1: 5, y1: 5 }).x));
});
