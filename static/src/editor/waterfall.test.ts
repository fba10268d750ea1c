import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunView, type NodeView } from '../live/reducer';
import { barOf, spanOf } from './waterfall';

const at = (ms: number) => new Date(1_700_000_000_000 + ms).toISOString();
const now = (ms: number) => 1_700_000_000_000 + ms;
const run = (nodes: NodeView[], head: object = {}) => {
  const v = new RunView('r', { status: 'running', ...head });
  for (const n of nodes) v.nodes.set(n.nodeId, n);
  return v;
};

test('a step waits, then works', () => {
  const n: NodeView = { nodeId: 'a', status: 'success', queuedAt: at(0), startedAt: at(250), duration: 500 };
  const v = run([n], { status: 'success', startedAt: at(0), completedAt: at(1000) });
  assert.deepEqual(barOf(n, spanOf(v, now(99_999))), { waitX: 0, waitW: 25, x: 25, w: 50 });
});

test('a running step reaches to now, a queued one only waits', () => {
  const a: NodeView = { nodeId: 'a', status: 'running', queuedAt: at(0), startedAt: at(0) };
  const b: NodeView = { nodeId: 'b', status: 'queued', queuedAt: at(500) };
  const s = spanOf(run([a, b]), now(1000));
  assert.deepEqual(barOf(a, s), { waitX: 0, waitW: 0, x: 0, w: 100 });
  assert.deepEqual(barOf(b, s), { waitX: 50, waitW: 50, x: 100, w: 0 });
});

test('what took no time is still visible, inside the row', () => {
  const n: NodeView = { nodeId: 'a', status: 'success', startedAt: at(1000), duration: 0 };
  const bar = barOf(n, spanOf(run([n], { status: 'success', startedAt: at(0), completedAt: at(1000) }), now(0)))!;
  assert.ok(bar.w >= 0.59 && bar.x + bar.w <= 100.001, JSON.stringify(bar));
});

test('a step that was skipped has no bar, and a run without times does not divide by zero', () => {
  const n: NodeView = { nodeId: 'a', status: 'skipped' };
  const s = spanOf(run([n]), now(0));
  assert.equal(barOf(n, s), null);
  assert.ok(s.last > s.first);
  assert.equal(barOf({ nodeId: 'b', status: 'canceled', queuedAt: at(0) }, s), null);
});
