import assert from 'node:assert/strict';
import test from 'node:test';
import { Camera } from './camera';
import { bend, boxOf, covers, curvePoint, nearCurve, nearest, rimSpeed, snap, touches, union } from './geometry';

test('boxes', () => {
  const b = boxOf({ x: 10, y: 0 }, { x: 0, y: 20 });
  assert.deepEqual(b, { x0: 0, y0: 0, x1: 10, y1: 20 });
  assert.ok(touches(b, { x0: 9, y0: 19, x1: 30, y1: 30 }));
  assert.ok(!touches(b, { x0: 10, y0: 0, x1: 30, y1: 30 }), 'a shared edge is no area');
  assert.ok(covers(b, { x0: 1, y0: 1, x1: 9, y1: 9 }) && !covers(b, { x0: 1, y0: 1, x1: 11, y1: 9 }));
  assert.deepEqual(union(b, { x0: -5, y0: 5, x1: 2, y1: 40 }), { x0: -5, y0: 0, x1: 10, y1: 40 });
  assert.deepEqual(union(null, b), b);
});

test('an edge starts and ends at its ports and is found near its curve only', () => {
  const a = { x: 0, y: 0 }, b = { x: 200, y: 100 };
  assert.deepEqual(curvePoint(a, b, 0), a);
  assert.deepEqual(curvePoint(a, b, 1), b);
  const mid = curvePoint(a, b, 0.5), hit = nearCurve(a, b, { x: mid.x, y: mid.y + 3 });
  assert.ok(hit.distance < 3.1 && Math.abs(hit.t - 0.5) < 0.05);
  assert.ok(nearCurve(a, b, { x: 20, y: 90 }).distance > 40);
  assert.ok(bend(200, 0) > 24, 'an edge that goes back swings out');
});

test('snapping, and the speed at the rim', () => {
  assert.equal(snap(47), 40);
  assert.equal(snap(-11), -20);
  assert.deepEqual(rimSpeed({ x: 400, y: 300 }, 800, 600), { x: 0, y: 0 });
  const near = rimSpeed({ x: 790, y: 300 }, 800, 600), nearer = rimSpeed({ x: 799, y: 300 }, 800, 600);
  assert.ok(nearer.x < near.x && near.x < 0, 'faster nearer the edge');
  assert.ok(rimSpeed({ x: 5, y: 2 }, 800, 600).y > 0);
});

test('nearest prefers what lies straight ahead', () => {
  const cards: [number, { x: number; y: number }][] = [[1, { x: 300, y: 0 }], [2, { x: 200, y: 200 }], [3, { x: -50, y: 0 }]];
  assert.equal(nearest({ x: 0, y: 0 }, cards, 'right'), 1);
  assert.equal(nearest({ x: 0, y: 0 }, cards, 'left'), 3);
  assert.equal(nearest({ x: 0, y: 0 }, cards, 'up'), -1);
});

test('zoom keeps the point under the pointer, and stays in range', () => {
  const cam = new Camera();
  Object.assign(cam, { width: 800, height: 600, x: 13, y: -7 });
  const p = { x: 311, y: 222 }, before = cam.toDoc(p);
  for (const f of [1.3, 2, 0.4, 0.9, 1.01]) cam.zoomAt(f, p);
  const after = cam.toDoc(p);
  assert.ok(Math.hypot(before.x - after.x, before.y - after.y) < 1e-9);
  cam.zoomAt(1e6, p);
  assert.equal(cam.z, 4);
  cam.zoomAt(1e-6, p);
  assert.equal(cam.z, 0.05);
});

test('fit shows all at most at full size; reveal pans as little as needed', () => {
  const cam = new Camera();
  Object.assign(cam, { width: 800, height: 600 });
  cam.fit({ x0: 0, y0: 0, x1: 100, y1: 100 });
  assert.equal(cam.z, 1);
  cam.fit({ x0: 0, y0: 0, x1: 10_000, y1: 100 });
  const seen = cam.seen();
  assert.ok(seen.x0 < 0 && seen.x1 > 10_000);
  Object.assign(cam, { x: 0, y: 0, z: 1 });
  assert.equal(cam.reveal({ x0: 100, y0: 100, x1: 200, y1: 200 }), false);
  assert.equal(cam.reveal({ x0: 900, y0: 100, x1: 1000, y1: 200 }), true);
  assert.equal(cam.x, -224);
  assert.equal(cam.y, 0);
});
