import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, type Forecast } from './forecast';

const steps = (...reused: boolean[]): Forecast[] => reused.map((r, i) => ({ nodeId: `n${i}`, reused: r, reason: '' }));

test('a forecast counts what runs, and is silent where nothing is reused', () => {
  assert.equal(counted([]), '');
  assert.equal(counted(steps(false, false)), '');
  assert.equal(counted(steps(true, false, true)), '1 of 3 will run');
  assert.equal(counted(steps(true, true)), 'Nothing has changed');
});
