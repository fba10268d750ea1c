import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delay, LiveClient, type SocketLike } from './socket';

class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  send(text: string) { this.sent.push(JSON.parse(text)); }
  close(code = 1006) { this.onclose?.({ code }); }
  get(...frames: unknown[]) { this.onmessage?.({ data: JSON.stringify(frames.length === 1 ? frames[0] : frames) }); }
}

function setup() {
  const sockets: FakeSocket[] = [], seen: [string, any][] = [], timers: { fn: () => void; ms: number }[] = [], pace: (() => void)[] = [];
  const client = new LiveClient({
    open: () => { const s = new FakeSocket(); sockets.push(s); return s; },
    emit: (type, detail) => seen.push([type, detail]),
    later: (fn, ms) => { if (ms === 125) return pace.push(fn); const t = { fn, ms }; timers.push(t); return t; },
    forget: (t) => { timers.splice(timers.indexOf(t as (typeof timers)[0]), 1); },
    random: () => 1,
  });
  const frames = () => seen.filter(([t]) => t !== 'connection').map(([t, d]) => `${t} ${d.runId ?? ''}:${d.seq ?? ''}`);
  return { client, sockets, seen, timers, pace, frames, fire: () => timers.shift()!.fn() };
}

const snap = (runId: string, seq: number, status = 'running') => ({ type: 'snapshot', runId, seq, run: { id: runId, status }, nodes: {} });
const node = (runId: string, seq: number) => ({ type: 'node.status', runId, seq, nodeId: 'a', status: 'running' });
const end = (runId: string, seq: number) => ({ type: 'run.status', runId, seq, status: 'success' });

test('waits longer after each failure, spread, and never above 30 s', () => {
  assert.deepEqual([0, 1, 2, 3].map((n) => delay(n, 1)), [500, 1000, 2000, 4000]);
  assert.deepEqual([delay(0, 0), delay(40, 0), delay(40, 1)], [250, 15_000, 30_000]);
});

test('asks when it is open, and lets each event through once and in order', () => {
  const t = setup();
  t.client.subscribe({ runId: 'r' });
  const s = t.sockets[0]!;
  assert.deepEqual(s.sent, []);
  s.onopen!();
  assert.deepEqual(s.sent, [{ type: 'subscribe', runId: 'r', after: 0 }]);
  s.get(snap('r', 3), node('r', 4), node('r', 4), node('r', 3), node('r', 5));
  assert.deepEqual(t.frames(), ['snapshot r:3', 'node.status r:4', 'node.status r:5']);
});

test('after a lost connection it resumes after the last event, and drops what comes twice', () => {
  const t = setup();
  t.client.subscribe({ runId: 'r' });
  t.sockets[0]!.onopen!();
  t.sockets[0]!.get(snap('r', 2), node('r', 3));
  t.sockets[0]!.close();
  assert.deepEqual(t.seen.at(-1), ['connection', { up: false, attempt: 1, signedOut: false }]);
  assert.equal(t.timers[0]!.ms, 500);
  t.fire();
  t.sockets[1]!.close(); // still down: a longer wait
  assert.equal(t.timers[0]!.ms, 1000);
  t.fire();
  t.sockets[2]!.onopen!();
  assert.deepEqual(t.seen.at(-1), ['connection', { up: true, attempt: 0, signedOut: false }]);
  assert.deepEqual(t.sockets[2]!.sent, [{ type: 'subscribe', runId: 'r', after: 3 }]);
  t.sockets[2]!.get(node('r', 3), node('r', 4));
  assert.deepEqual(t.frames(), ['snapshot r:2', 'node.status r:3', 'node.status r:4']);
});

test('a run found through its workflow is resumed by name, a finished one is not', () => {
  const t = setup();
  t.client.subscribe({ workflowId: 'w' });
  t.sockets[0]!.onopen!();
  t.sockets[0]!.get(snap('done', 1), end('done', 2), snap('busy', 7));
  t.sockets[0]!.close();
  t.fire();
  t.sockets[1]!.onopen!();
  assert.deepEqual(t.sockets[1]!.sent, [{ type: 'subscribe', workflowId: 'w' }, { type: 'subscribe', runId: 'busy', after: 7 }]);
  // Both streams bring the run: the snapshot of the one, the events of the other.
  t.sockets[1]!.get(node('busy', 8), snap('busy', 8), node('busy', 9), end('busy', 9), end('busy', 10));
  assert.deepEqual(t.frames().slice(3), ['node.status busy:8', 'node.status busy:9', 'run.status busy:10']);
});

test('after a reconnect a snapshot hides no event of a run that is known', () => {
  const t = setup();
  t.client.subscribe({ workflowId: 'w' });
  t.sockets[0]!.onopen!();
  t.sockets[0]!.get(snap('busy', 1), node('busy', 2));
  t.sockets[0]!.close();
  t.fire();
  t.sockets[1]!.onopen!();
  // The workflow's snapshot and what follows it overtake the events that were asked for.
  t.sockets[1]!.get(snap('busy', 4), node('busy', 5), node('busy', 3), node('busy', 4), node('busy', 5), end('busy', 6));
  assert.deepEqual(t.frames().slice(2), ['node.status busy:3', 'node.status busy:4', 'node.status busy:5', 'run.status busy:6']);
  assert.equal(t.sockets[1]!.sent.length, 2);
});

test('a gap is not shown: what is missing is asked for, once', () => {
  const t = setup();
  t.client.subscribe({ runId: 'r' });
  const s = t.sockets[0]!;
  s.onopen!();
  s.get(snap('r', 1));
  s.sent.length = 0;
  s.get(node('r', 4), node('r', 5));
  assert.deepEqual(s.sent, [{ type: 'unsubscribe', runId: 'r' }, { type: 'subscribe', runId: 'r', after: 1 }]);
  s.get(node('r', 2), node('r', 3), node('r', 4));
  assert.deepEqual(t.frames(), ['snapshot r:1', 'node.status r:2', 'node.status r:3', 'node.status r:4']);
});

test('two users of one run share the subscription; the last one to leave ends it', () => {
  const t = setup();
  const a = t.client.subscribe({ runId: 'r' }), b = t.client.subscribe({ runId: 'r' });
  const s = t.sockets[0]!;
  assert.equal(t.sockets.length, 1);
  s.onopen!();
  assert.equal(s.sent.length, 1);
  a();
  a();
  assert.equal(s.sent.length, 1);
  b();
  assert.deepEqual(s.sent[1], { type: 'unsubscribe', runId: 'r' });
  s.get(snap('r', 1));
  assert.deepEqual(t.frames(), []);
});

test('back online it does not wait for its turn', () => {
  const t = setup();
  t.client.subscribe({ runId: 'r' });
  t.sockets[0]!.close();
  assert.equal(t.sockets.length, 1);
  t.client.retryNow();
  assert.equal(t.sockets.length, 2);
  assert.equal(t.timers.length, 0);
});

test('what is no frame of a run is passed on or ignored, never thrown', () => {
  const t = setup();
  t.client.subscribe({ runId: 'r' });
  const s = t.sockets[0]!;
  s.onopen!();
  s.onmessage!({ data: 'not json' });
  s.get(null);
  s.get({ type: 'error', error: 'No such run.' });
  assert.deepEqual(t.seen.at(-1), ['error', { type: 'error', error: 'No such run.' }]);
});

test('many subscriptions are sent at a pace the server takes', () => {
  const t = setup();
  for (let i = 0; i < 25; i++) t.client.subscribe({ runId: `r${i}` });
  const s = t.sockets[0]!;
  s.onopen!();
  assert.equal(s.sent.length, 10);
  for (let i = 0; i < 4; i++) t.pace.shift()!();
  assert.equal(s.sent.length, 14);
  while (t.pace.length) t.pace.shift()!();
  assert.equal(s.sent.length, 25);
  t.client.subscribe({ runId: 'late' });
  assert.equal(s.sent.length, 26);
});

test('the end of the session is told', () => {
  const t = setup();
  t.client.subscribe({ runId: 'r' });
  t.sockets[0]!.onopen!();
  t.sockets[0]!.close(4401);
  assert.equal(t.seen.at(-1)![1].signedOut, true);
});
