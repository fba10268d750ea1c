import assert from 'node:assert/strict';
import { test } from 'node:test';
import { node, specs } from '../canvas/testkit';
import { settingsIn } from './settingsof';

test('settings are named as the form names them, and nothing is left out but what the canvas keeps', () => {
  const spec = { ...specs[0]!, fields: [{ key: 'text', label: 'Text', widget: 'textarea' }, { key: 'model', label: 'Model', widget: 'text' }] };
  const n = { ...node('a', spec.type), data: { label: 'A', text: 'hello', model: '', retry: { attempts: 2 }, pinned: { text: 'x' }, color: 'red' } };
  assert.deepEqual(settingsIn(n, spec), [['Text', 'hello'], ['retry', { attempts: 2 }]]);
  assert.deepEqual(settingsIn(n, undefined), [['text', 'hello'], ['model', ''], ['retry', { attempts: 2 }]]);
});
