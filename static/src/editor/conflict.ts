// What two sides changed in the same place: the user decides place by place, nothing
// is overwritten silently and nothing is lost before.
import { make } from '../canvas/dom';
import { encode } from './json';
import { titleOf, type Conflict } from './merge';

/** What the user decided: a side for each conflict, or to keep this screen as a workflow of its own; null is later. */
export type Decision = { kind: 'sides'; side(c: Conflict): 'mine' | 'theirs' } | { kind: 'copy' } | null;

/** What the dialog needs to know. */
export interface Question { version: number; by: string; label(id: string): string }

/** decide shows the conflicts until they are decided or put off. */
export function decide(conflicts: readonly Conflict[], q: Question): Promise<Decision> {
  const picks = conflicts.map((): 'mine' | 'theirs' => 'mine');
  const rows = conflicts.map((c, i) => new Row(c, i, q, (side) => { picks[i] = side; }));
  const all = (side: 'mine' | 'theirs') => rows.forEach((r) => r.pick(side));
  const places = conflicts.length === 1 ? 'One place was changed' : `${conflicts.length} places were changed`;
  const dialog = make('dialog', 'dialog ed-merge', { 'aria-labelledby': 'merge-title' },
    make('div', 'dialog__head', {}, make('h2', '', { id: 'merge-title' }, `${places} here and in version ${q.version}`)),
    make('p', '', {}, `${q.by} Everything else is merged already. Nothing is saved before you decide; version ${q.version} stays in the history.`));
  if (conflicts.length > 1) dialog.append(make('div', 'ed-merge__all', {}, press('Mine everywhere', '', () => all('mine')), press('Theirs everywhere', '', () => all('theirs'))));
  dialog.append(make('div', 'ed-merge__rows', {}, ...rows.map((r) => r.el)));
  return shown(dialog, (done) => [
    press('Save this', 'btn--primary', () => done({ kind: 'sides', side: (c) => picks[conflicts.indexOf(c)]! })),
    press('Keep mine as a copy', '', () => done({ kind: 'copy' })),
    press('Decide later', 'btn--ghost', () => done(null)),
  ]);
}

function shown(dialog: HTMLDialogElement, buttons: (done: (d: Decision) => void) => HTMLElement[]): Promise<Decision> {
  const before = document.activeElement;
  return new Promise((resolve) => {
    let decision: Decision = null;
    dialog.append(make('div', 'ed-merge__foot', {}, ...buttons((d) => { decision = d; dialog.close(); })));
    dialog.addEventListener('keydown', (e) => e.stopPropagation());
    dialog.addEventListener('close', () => {
      dialog.remove();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
      resolve(decision);
    });
    (document.getElementById('dialogs') ?? document.body).append(dialog);
    dialog.showModal();
  });
}

function press(label: string, kind: string, go: () => void): HTMLButtonElement {
  const b = make('button', `btn ${kind}`, { type: 'button' }, label);
  b.addEventListener('click', go);
  return b;
}

let serial = 0;

/** Row is one conflict: what it is about, and the two sides to choose from. */
class Row {
  readonly el: HTMLElement;
  private readonly inputs = new Map<'mine' | 'theirs', HTMLInputElement>();

  constructor(c: Conflict, index: number, q: Question, picked: (side: 'mine' | 'theirs') => void) {
    const name = `merge-${++serial}`;
    this.el = make('fieldset', 'ed-merge__row', {}, make('legend', '', {}, `${index + 1}. ${titleOf(c, q.label)}`));
    for (const side of ['mine', 'theirs'] as const) {
      const input = make('input', '', { type: 'radio', name, value: side });
      input.checked = side === 'mine';
      input.addEventListener('change', () => picked(side));
      this.inputs.set(side, input);
      this.el.append(make('label', 'ed-merge__side', {}, make('span', 'ed-merge__who', {}, input, side === 'mine' ? 'Mine' : 'Theirs'), make('span', 'ed-merge__value', {}, wordsOf(c, c[side]))));
    }
  }

  /** pick chooses a side, as a click would. */
  pick(side: 'mine' | 'theirs') {
    const input = this.inputs.get(side)!;
    input.checked = true;
    input.dispatchEvent(new Event('change'));
  }
}

function wordsOf(c: Conflict, value: unknown): string {
  if (value === undefined) return c.path.length ? 'empty' : 'deleted';
  if (!c.path.length && c.table !== 'name') return c.table === 'nodes' ? 'kept, with the changes made to it' : 'kept';
  const text = typeof value === 'string' ? value || 'empty' : encode(value);
  return text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
}
