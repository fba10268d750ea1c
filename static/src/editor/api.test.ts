import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, call, explain } from './api';

const answer = (status: number, body: string, headers: Record<string, string> = {}) => (async () => new Response(body, { status, headers })) as typeof fetch;
const fails = async (p: Promise<unknown>): Promise<ApiError> => {
  try {
    await p;
  } catch (err) {
    assert.ok(err instanceof ApiError, String(err));
    return err;
  }
  throw new assert.AssertionError({ message: 'no error' });
};

test('sends JSON and returns the answer', async () => {
  let seen: [string, RequestInit] | undefined;
  const f = (async (url: string, init: RequestInit) => { seen = [url, init]; return new Response('{"success":true,"n":1}'); }) as typeof fetch;
  assert.deepEqual(await call('PUT', '/x', { body: { a: 1 }, headers: { 'If-Match': '"3"' }, fetch: f }), { success: true, n: 1 });
  assert.equal(seen![0], '/x');
  assert.equal(seen![1].body, '{"a":1}');
  assert.deepEqual(seen![1].headers, { 'Content-Type': 'application/json', Accept: 'application/json', 'If-Match': '"3"' });
});

test('an error envelope becomes a typed error', async () => {
  const body = JSON.stringify({ success: false, error: 'The graph cannot run.', code: 'invalid', hint: 'Connect it.', requestId: 'req_1', errors: [{ path: 'nodes.0', message: 'needs a prompt', nodeId: 'a', code: 'missing' }, { message: 7 }] });
  const e = await fails(call('POST', '/x', { fetch: answer(422, body) }));
  assert.deepEqual([e.status, e.message, e.code, e.hint, e.requestId, e.temporary], [422, 'The graph cannot run.', 'invalid', 'Connect it.', 'req_1', false]);
  assert.deepEqual(e.problems, [{ path: 'nodes.0', message: 'needs a prompt', nodeId: 'a', edgeId: undefined, code: 'missing' }]);
  assert.deepEqual(explain(e), { text: 'The graph cannot run. Connect it.', requestId: 'req_1' });
});

test('a stale write names the current version', async () => {
  const e = await fails(call('PUT', '/x', { fetch: answer(409, '{"success":false,"error":"Stale.","code":"conflict","version":9}') }));
  assert.deepEqual([e.status, e.version, e.temporary], [409, 9, false]);
});

test('Retry-After is seconds or a date', async () => {
  assert.equal((await fails(call('GET', '/x', { fetch: answer(429, '', { 'Retry-After': '7' }) }))).retryAfter, 7000);
  const date = new Date(Date.now() + 60_000).toUTCString();
  const { retryAfter } = await fails(call('GET', '/x', { fetch: answer(503, '', { 'Retry-After': date }) }));
  assert.ok(retryAfter > 50_000 && retryAfter <= 60_000, String(retryAfter));
  assert.equal((await fails(call('GET', '/x', { fetch: answer(503, '', { 'Retry-After': 'soon' }) }))).retryAfter, 0);
});

test('an answer that is no envelope still says something', async () => {
  const e = await fails(call('GET', '/x', { fetch: answer(502, '<html>Bad gateway', { 'X-Request-Id': 'req_9' }) }));
  assert.deepEqual([e.message, e.requestId, e.offline, e.temporary], ['Something went wrong on our side.', 'req_9', true, true]);
  assert.equal((await fails(call('GET', '/x', { fetch: answer(200, 'not json') }))).message, 'The answer of the server could not be read.');
  assert.match((await fails(call('GET', '/x', { fetch: answer(401, '') }))).hint, /Sign in/);
});

test('no answer is an error of its own; an abort is not an error of the server', async () => {
  const down = (async () => { throw new TypeError('fetch failed'); }) as typeof fetch;
  const e = await fails(call('GET', '/x', { fetch: down }));
  assert.deepEqual([e.status, e.offline, e.temporary], [0, true, true]);
  const hang = ((_: string, init: RequestInit) => new Promise((_ok, no) => init.signal!.addEventListener('abort', () => no(new DOMException('gone', 'AbortError'))))) as typeof fetch;
  assert.match((await fails(call('GET', '/x', { fetch: hang, timeout: 5 }))).message, /too long/);
  const stop = new AbortController();
  const p = call('GET', '/x', { fetch: hang, signal: stop.signal });
  stop.abort();
  await assert.rejects(p, { name: 'AbortError' });
});
