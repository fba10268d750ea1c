// The sheet of shortcuts, made from the table of actions.
import type { Action, ActionTable } from './actions';
import { make } from './dom';
import { written } from './keys';
import { whenClosed } from './modal';

const gestures: [string, string][] = [
  ['Wheel, two fingers', 'Pan; with Shift sideways'],
  ['Ctrl+wheel, pinch', 'Zoom at the pointer'],
  ['Space+drag, middle button', 'Pan from anywhere'],
  ['Drag on empty space', 'Select what the band touches; Shift adds'],
  ['Ctrl while dragging', 'Leave guides and grid'],
  ['Alt while dragging', 'Drag a copy'],
  ['Drop a step on a connection', 'Insert it'],
  ['Alt+drag on empty space', 'Cut the connections that the blade crosses'],
  ['Drag or click port to port', 'Connect'],
  ['Connection let go over empty space', 'Pick a step for it'],
  ['Double-click on empty space', 'Add a step there'],
  ['Drop or paste files, text, addresses', 'Make the steps for them'],
  ['Drag the end of a connection', 'Reconnect; let go on empty space to remove it'],
];

/** openHelp shows the sheet until it is closed; the focus then goes back. */
export function openHelp(root: HTMLElement, table: ActionTable, settings: () => void, back: () => void): HTMLDialogElement {
  const close = make('button', 'cv-button', { type: 'button' }, 'Close');
  const change = make('button', 'cv-button', { type: 'button' }, 'Editor settings…');
  const dialog = make('dialog', 'cv-help', { 'aria-label': 'Keyboard shortcuts' }, make('header', '', {}, make('h2', '', {}, 'Keyboard shortcuts'), make('span', 'cv-help__side', {}, change, close)));
  const body = make('div', 'cv-help__body');
  for (const group of ['Workflow', 'Edit', 'Select', 'Move', 'Step', 'View'] as const) body.append(section(group, table.list.filter((a) => a.group === group && a.keys.length)));
  body.append(list('Mouse and touch', gestures.map(([keys, label]) => [[keys], label])));
  dialog.append(body);
  close.addEventListener('click', () => dialog.close());
  change.addEventListener('click', () => { dialog.close(); settings(); });
  dialog.addEventListener('keydown', (e) => e.stopPropagation());
  dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
  whenClosed(dialog, back);
  root.append(dialog);
  dialog.showModal();
  return dialog;
}

function section(name: string, actions: Action[]): HTMLElement {
  const shown = actions.filter((a) => a.sheet !== '');
  return list(name, shown.map((a) => [a.sheet ? [a.sheet] : a.keys.slice(0, 2).map((k) => written(k)), a.label]));
}

function list(name: string, rows: [string[], string][]): HTMLElement {
  const dl = make('dl');
  for (const [keys, label] of rows) dl.append(make('div', '', {}, make('dt', '', {}, ...keys.map((k) => make('kbd', '', {}, k))), make('dd', '', {}, label)));
  return make('section', '', {}, make('h3', '', {}, name), dl);
}
