import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from './frames';
import { fromDetail, nextNode, preview, RunView } from './reducer';

const node = (seq: number, status: string, more: object = {}): Frame => ({ type: 'node.status', runId: 'r', seq, nodeId: 'a', status, ...more }) as Frame;
const delta = (seq: number, text: string, attempt = 1): Frame => ({ type: 'node.delta', runId: 'r', seq, nodeId: 'a', attempt, text });

test('a node goes from queued to success and keeps its times and text', () => {
  const v = new RunView('r');
  const changed = [
    node(1, 'queued', { queuedAt: 'q' }), node(2, 'running', { attempt: 1, startedAt: 's' }), delta(3, 'Hel'), delta(4, 'lo'),
    node(5, 'success', { attempt: 1, duration: 12, output: { text: 'Hello' } }),
  ].map((f) => v.apply(f));
  assert.deepEqual(changed, Array(5).fill({ node: 'a' }));
  assert.deepEqual(v.nodes.get('a'), { nodeId: 'a', status: 'success', attempt: 1, queuedAt: 'q', startedAt: 's', duration: 12, output: { text: 'Hello' }, streamed: 'Hello' });
});

test('a retry starts its text anew', () => {
  const v = new RunView('r');
  for (const f of [node(1, 'running', { attempt: 1 }), delta(2, 'half'), node(3, 'running', { attempt: 2 }), delta(4, 'whole', 2)]) v.apply(f);
  assert.equal(v.nodes.get('a')!.streamed, 'whole');
  assert.equal(nextNode({ nodeId: 'a', status: 'running', attempt: 1, streamed: 'old' }, delta(1, 'new', 2) as never).streamed, 'new');
});

test('old frames, and frames of other runs, change nothing', () => {
  const v = new RunView('r');
  v.apply(node(5, 'running'));
  assert.equal(v.apply(node(5, 'failed')), null);
  assert.equal(v.apply(node(4, 'failed')), null);
  assert.equal(v.apply({ ...node(9, 'failed'), runId: 'other' }), null);
  assert.equal(v.nodes.get('a')!.status, 'running');
});

test('a snapshot replaces everything and later events go on from it', () => {
  const v = new RunView('r');
  v.apply(node(1, 'running'));
  const s: Frame = { type: 'snapshot', runId: 'r', seq: 8, run: { id: 'r', status: 'running', totalNodes: 2 }, nodes: { b: { nodeId: 'b', status: 'running', streamed: 'so ' } } };
  assert.equal(v.apply(s), 'all');
  assert.deepEqual([...v.nodes.keys()], ['b']);
  v.apply({ type: 'node.delta', runId: 'r', seq: 9, nodeId: 'b', text: 'far' });
  assert.equal(v.nodes.get('b')!.streamed, 'so far');
  assert.equal(v.head.totalNodes, 2);
});

test('the run ends with its counts, and keeps what an event does not name', () => {
  const v = new RunView('r', { createdAt: 'c' });
  assert.equal(v.apply({ type: 'run.status', runId: 'r', seq: 1, status: 'running', startedAt: 's' }), 'run');
  assert.equal(v.done, false);
  v.apply({ type: 'run.status', runId: 'r', seq: 2, status: 'failed', error: 'no', failedNodes: 1, duration: 3 });
  assert.deepEqual(v.head, { id: 'r', createdAt: 'c', status: 'failed', startedAt: 's', error: 'no', failedNodes: 1, duration: 3 });
  assert.equal(v.done, true);
});

test('a log line is told, and counts as seen', () => {
  const v = new RunView('r');
  assert.equal(v.apply({ type: 'log', runId: 'r', seq: 4, nodeId: null, level: 'info', message: 'm' }), 'log');
  assert.equal(v.seq, 4);
});

test('a stored run shows the last attempt of each node', () => {
  const v = fromDetail({
    id: 'r', status: 'partial', nodeResults: [
      { nodeId: 'a', attempt: 1, status: 'failed', error: 'busy' },
      { nodeId: 'a', attempt: 2, status: 'success', error: '', output: { text: 'ok', json: { n: 1 } }, tokensIn: 3, tokensOut: 4, costUsd: null, duration: 7 },
    ],
  });
  assert.deepEqual(v.nodes.get('a'), { nodeId: 'a', status: 'success', attempt: 2, output: { text: 'ok', json: '{"n":1}' }, usage: { tokensIn: 3, tokensOut: 4, costUsd: null }, duration: 7 });
});

test('previews are cut, but a file is named whole', () => {
  assert.equal(preview('x'.repeat(900)).length, 600);
  assert.equal(preview({ $file: 'file_1', name: 'n'.repeat(900) }).length > 900, true);
  assert.equal(preview({ $blob: 'h', preview: 'begin' }), 'begin');
});

test('steps that another one called count at the outermost caller', () => {
  const v = new RunView('r');
  v.apply(node(1, 'running', { attempt: 1 }));
  const inner = (seq: number, nodeId: string, status: string, iteration: string): Frame => ({ type: 'node.status', runId: 'r', seq, nodeId, status, iteration }) as Frame;
  assert.equal(v.apply(inner(2, 'a/x', 'running', '1')), null);
  assert.deepEqual(v.apply(inner(3, 'a/x', 'success', '1')), { node: 'a' });
  v.apply(inner(4, 'a/y/z', 'failed', '1.2'));
  assert.equal(v.apply({ type: 'node.delta', runId: 'r', seq: 5, nodeId: 'a/x', iteration: '2', text: 'no' }), null);
  v.apply(node(6, 'success', { attempt: 1 }));
  assert.deepEqual([...v.nodes], [['a', { nodeId: 'a', status: 'success', attempt: 1, inside: { done: 2, failed: 1 } }]]);
  const d = fromDetail({ id: 'r', status: 'success', nodeResults: [{ nodeId: 'a', attempt: 1, status: 'success' }, { nodeId: 'a/x', iteration: '1', attempt: 1, status: 'success' }] });
  assert.deepEqual([...d.nodes.keys()], ['a']);
});
