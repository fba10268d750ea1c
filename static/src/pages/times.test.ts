import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elapsed, relative } from './times';

test('relative writes how far a moment is away', () => {
  const now = Date.parse('2026-11-23T14:00:00Z');
  const cases: [number, string][] = [
    [0, 'just now'], [-59, 'just now'], [-60, '1 minute ago'], [-3599, '59 minutes ago'], [-3600, '1 hour ago'],
    [-86_400, 'yesterday'], [-3 * 86_400, '3 days ago'], [-8 * 86_400, 'last week'], [90 * 86_400, 'in 3 months'], [-400 * 86_400, 'last year'],
  ];
  for (const [seconds, want] of cases) assert.equal(relative(now + seconds * 1000, now), want);
});

test('elapsed writes a running time', () => {
  assert.equal(elapsed(-50), '0 s');
  assert.equal(elapsed(8300), '8 s');
  assert.equal(elapsed(125_000), '2 min 5 s');
});
