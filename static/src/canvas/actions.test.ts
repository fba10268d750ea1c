import assert from 'node:assert/strict';
import test from 'node:test';
import { ActionTable, type Action } from './actions';
import type { Board } from './board';
import { commands } from './commands';
import { chords, written, type KeyPress } from './keys';
import { Statuses, duration, footer, lookOf, money } from './status';
import { zoomFactor } from './wheel';

const press = (key: string, code = '', mods = ''): KeyPress => ({ key, code, ctrlKey: mods.includes('c'), metaKey: mods.includes('m'), shiftKey: mods.includes('s'), altKey: mods.includes('a') });
const board = (readOnly = false) => ({ readOnly, cancel: () => false }) as unknown as Board;
const action = (id: string, keys: string[], more: Partial<Action> = {}): Action => ({ id, name: id, label: id, group: 'Edit', keys, perform: () => {}, ...more });

test('duplicate ids and keys are refused', () => {
  assert.throws(() => new ActionTable([action('a', ['X']), action('b', ['X'])], board()), /X is bound to a and to b/);
  assert.throws(() => new ActionTable([action('a', []), action('a', [])], board()), /twice/);
});

test('the real table is consistent', () => {
  const table = new ActionTable(commands(), board());
  const found = (p: KeyPress) => table.match(p)?.id;
  assert.equal(found(press('z', 'KeyZ', 'c')), 'undo');
  assert.equal(found(press('Z', 'KeyZ', 'ms')), 'redo');
  assert.equal(found(press('я', 'KeyZ', 'c')), 'undo', 'by place on a Cyrillic keyboard');
  assert.equal(found(press(';', 'KeyZ', 'c')), undefined, 'but not on another Latin layout');
  assert.equal(found(press('+', 'Equal', 's')), 'zoom-in');
  assert.equal(found(press('à', 'Digit0')), 'zoom-100');
  assert.equal(found(press('!', 'Digit1', 's')), 'fit');
  assert.equal(found(press('?', 'Slash', 's')), 'help');
  assert.equal(found(press('{', 'BracketLeft', 's')), 'all-upstream');
  assert.equal(found(press('ArrowLeft', 'ArrowLeft', 's')), 'nudge-left-far');
  assert.equal(found(press('Backspace')), 'delete');
  assert.equal(found(press('c', 'KeyC')), 'connect');
  assert.equal(found(press('c', 'KeyC', 'c')), 'copy');
  for (const a of commands()) assert.ok(a.name && a.label && a.id, a.id);
});

test('N14 what hides is left out of menus where it cannot be performed', () => {
  const list = [action('a', [], { menu: ['node'], hides: true, enabled: () => false }), action('b', [], { menu: ['node'], hides: true }), action('c', [], { menu: ['node'], enabled: () => false })];
  assert.deepEqual(new ActionTable(list, board()).offered('node').map((a) => a.id), ['b', 'c']);
});

test('what writes is not offered or run when read only', () => {
  let ran = 0;
  const list = [action('w', ['W'], { writes: true, menu: ['node'], perform: () => { ran++; } }), action('r', ['R'], { menu: ['node'], enabled: () => false })];
  const table = new ActionTable(list, board(true));
  assert.equal(table.run('w'), false);
  assert.equal(table.run('r'), false);
  assert.equal(ran, 0);
  assert.deepEqual(table.offered('node').map((a) => a.id), ['r']);
  assert.equal(new ActionTable(list, board()).run('w'), true);
  assert.equal(ran, 1);
});

test('chords and how they are written', () => {
  assert.deepEqual(chords(press(' ', 'Space')), ['Space']);
  assert.equal(chords(press('a', 'KeyA', 'ca'))[0], 'Mod+Alt+A');
  assert.equal(written('Mod+Shift+Z', false), 'Ctrl+Shift+Z');
  assert.equal(written('Mod+Shift+Z', true), '⌘⇧Z');
  assert.equal(written('+', false), '+');
  assert.equal(written('Shift+ArrowLeft', false), 'Shift+←');
});

test('statuses coalesce', () => {
  let woken = 0;
  const s = new Statuses(() => { woken++; });
  for (let i = 0; i < 100; i++) s.set(`n${i % 3}`, { status: 'running', streamed: String(i) });
  assert.deepEqual([...s.take()].sort(), ['n0', 'n1', 'n2']);
  assert.equal(s.take().size, 0);
  assert.equal(s.of('n0')!.streamed, '99');
  s.set('n0', { status: 'success' });
  assert.equal(s.running().size, 2);
  s.clear();
  assert.equal(s.take().size, 3);
  assert.equal(s.running().size, 0);
  assert.ok(woken > 100);
});

test('what the last line of a card says', () => {
  assert.equal(footer(undefined, 'Text'), 'Text');
  assert.equal(footer({ status: 'success', durationMs: 1900, tokens: 812, costUsd: 0.004 }, 'x'), '1.9 s · 812 tokens · $0.004');
  assert.equal(footer({ status: 'success', cached: true, durationMs: 0, reason: 'from run 41' }, 'x'), 'from run 41 · 0 ms');
  assert.equal(footer({ status: 'failed', error: 'boom\nat line 1' }, 'x'), 'boom');
  assert.equal(footer({ status: 'skipped', reason: 'branch not taken' }, 'x'), 'branch not taken');
  assert.equal(lookOf({ status: 'success', cached: true }), 'cached');
  assert.equal(lookOf({ status: 'failed', cached: true }), 'failed');
  assert.equal(duration(125_000), '2 min 5 s');
  assert.equal(money(0.0000012), '<$0.001');
  assert.equal(money(2.5), '$2.50');
});

test('wheel zoom: in one way, out the other, and undone by its opposite', () => {
  assert.ok(zoomFactor(-100, 0) > 1 && zoomFactor(100, 0) < 1);
  assert.ok(Math.abs(zoomFactor(3, 1) * zoomFactor(-3, 1) - 1) < 1e-12);
});
