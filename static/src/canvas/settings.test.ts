import assert from 'node:assert/strict';
import test from 'node:test';
import { ActionTable, type Action } from './actions';
import type { Board } from './board';
import { commands } from './commands';
import { Settings, type Keep } from './settings';

const keep = (text?: string): Keep & { text: string | undefined } => ({ text, getItem() { return this.text ?? null; }, setItem(_, v) { this.text = v; } });
const board = { readOnly: false, cancel: () => false } as unknown as Board;
const press = (key: string, code = '', ctrlKey = false) => ({ key, code, ctrlKey, metaKey: false, shiftKey: false, altKey: false });
const action = (id: string, keys: string[]): Action => ({ id, name: `Do ${id}`, label: id, group: 'Edit', keys, perform: () => {} });

test('settings are kept and come back', () => {
  const k = keep();
  const s = new Settings('u', k);
  assert.deepEqual(s.get(), { wheelZooms: false, letters: true, minimap: false, keys: {} });
  let heard = 0;
  s.subscribe(() => heard++);
  s.set({ wheelZooms: true });
  s.rebind('fit', 'F');
  assert.equal(heard, 2);
  assert.deepEqual(new Settings('u', k).get(), { wheelZooms: true, letters: true, minimap: false, keys: { fit: 'F' } });
  s.rebind('fit', undefined);
  assert.deepEqual(new Settings('u', k).get().keys, {});
});

test('what is broken or closed does no harm', () => {
  for (const text of ['{', '7', 'null', '{"letters":"no","keys":{"fit":4,"undo":"U"}}']) assert.equal(new Settings('u', keep(text)).get().letters, true);
  assert.deepEqual(new Settings('u', keep('{"keys":{"fit":4,"undo":"U"}}')).get().keys, { undo: 'U' });
  const closed: Keep = { getItem() { throw new Error('closed'); }, setItem() { throw new Error('closed'); } };
  const s = new Settings('u', closed);
  s.set({ letters: false });
  assert.equal(s.get().letters, false);
  assert.equal(new Settings('u', null).get().letters, true);
});

test('keys without a modifier can be switched off, others stay', () => {
  const table = new ActionTable(commands(), board);
  table.bind({ letters: false, keys: {} });
  assert.equal(table.match(press('n')), undefined);
  assert.equal(table.match(press('+')), undefined);
  assert.equal(table.match(press('Delete'))?.id, 'delete', 'named keys type nothing');
  assert.equal(table.match(press('z', 'KeyZ', true))?.id, 'undo');
  assert.deepEqual(table.get('pick')?.keys, []);
  table.bind({ letters: true, keys: {} });
  assert.equal(table.match(press('n'))?.id, 'pick');
});

test('a key of the user takes the place of the own ones', () => {
  const table = new ActionTable([action('a', ['A', 'Shift+A']), action('b', ['B'])], board);
  table.bind({ letters: true, keys: { a: 'Q' } });
  assert.equal(table.match(press('q'))?.id, 'a');
  assert.equal(table.match(press('a')), undefined);
  assert.equal(table.taken('B', 'a')?.name, 'Do b');
  assert.equal(table.taken('Q', 'a'), undefined, 'its own key is free for it');
  assert.equal(table.taken('A', 'b'), undefined, 'a key that was given up is free');
});

test('kept keys that collide with a newer table are left out instead of breaking it', () => {
  const table = new ActionTable([action('a', ['A']), action('b', ['B']), action('c', ['C'])], board);
  table.bind({ letters: true, keys: { a: 'B', gone: 'X', c: 'B' } });
  assert.equal(table.match(press('b'))?.id, 'b');
  assert.equal(table.match(press('a'))?.id, 'a', 'it keeps its own');
});
