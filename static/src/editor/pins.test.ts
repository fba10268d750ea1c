import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pinOf } from './pins';

const never = () => Promise.reject(new Error('nothing large here'));

test('N15 a pin holds plain values, and large ones are fetched', async () => {
  const output = { text: 'kept', list: [1], long: { $blob: 'abc', size: 40_000, preview: 'x' } };
  const pin = await pinOf({ nodeId: 'a', attempt: 1, status: 'success', output }, (hash) => Promise.resolve(`whole ${hash}`));
  assert.deepEqual(pin, { outputs: { text: 'kept', list: [1], long: 'whole abc' } });
});

test('N15 without an output the reason is said', async () => {
  const why = async (r: Parameters<typeof pinOf>[0]) => ((p) => ('why' in p ? p.why : ''))(await pinOf(r, never));
  assert.match(await why(undefined), /not run yet/);
  assert.match(await why({ nodeId: 'a', attempt: 1, status: 'failed', error: 'x' }), /failed/);
  assert.match(await why({ nodeId: 'a', attempt: 1, status: 'success', output: {} }), /gave nothing/);
  assert.match(await why({ nodeId: 'a', attempt: 1, status: 'success', output: { t: { $blob: 'abc', size: 9_000_000 } } }), /too large/);
});
