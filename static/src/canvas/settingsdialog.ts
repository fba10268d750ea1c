// The dialog of the editor's settings: the wheel, single-letter keys, and keys of
// one's own for the actions that have such a key.
import type { Action, ActionTable } from './actions';
import { make } from './dom';
import { chords, isLone, written } from './keys';
import { whenClosed } from './modal';
import type { Settings } from './settings';

let serial = 0;

const never: Record<string, string> = { Tab: 'Tab leaves the canvas', Escape: 'Esc cancels', ' ': 'Space pans', Enter: 'Enter opens the step' };
const bare = ['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead', 'Process', 'Unidentified'];

/** refusalOf says why a key cannot be given to an action; null when it can. */
export function refusalOf(table: ActionTable, action: Action, key: string, chord: string): string | null {
  if (never[key]) return `${written(chord)} cannot be used: ${never[key]}.`;
  const other = table.taken(chord, action.id);
  return other ? `${written(chord)} is already “${other.name}”.` : null;
}

/** openSettings shows the dialog until it is closed; the focus then goes back. */
export function openSettings(root: HTMLElement, table: ActionTable, settings: Settings, back: () => void): HTMLDialogElement {
  const close = make('button', 'cv-button', { type: 'button' }, 'Close');
  const dialog = make('dialog', 'cv-help cv-settings', { 'aria-label': 'Editor settings' }, make('header', '', {}, make('h2', '', {}, 'Editor settings'), close));
  const rows = new Rows(table, settings);
  const now = settings.get();
  const body = make('div', 'cv-settings__body', {},
    make('section', '', {}, make('h3', '', {}, 'Mouse'),
      choice('The mouse wheel zooms', 'Without this the wheel pans, and Ctrl with the wheel zooms.', now.wheelZooms, (on) => settings.set({ wheelZooms: on }))),
    make('section', '', {}, make('h3', '', {}, 'View'),
      choice('The minimap stays in view', 'Without this it is shown while the view moves.', now.minimap, (on) => settings.set({ minimap: on }))),
    make('section', '', {}, make('h3', '', {}, 'Keys'),
      choice('Single keys without Ctrl, Cmd or Alt act', 'Switch this off when you speak your text, or press keys by accident. It concerns letters, digits and signs.', now.letters, (on) => { settings.set({ letters: on }); rows.show(); }),
      rows.el));
  dialog.append(body);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('keydown', (e) => e.stopPropagation());
  dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
  whenClosed(dialog, back);
  root.append(dialog);
  dialog.showModal();
  return dialog;
}

function choice(name: string, help: string, on: boolean, change: (on: boolean) => void): HTMLElement {
  const id = `cv-set-${++serial}`;
  const box = make('input', '', { type: 'checkbox', id, 'aria-describedby': `${id}-help` });
  box.checked = on;
  box.addEventListener('change', () => change(box.checked));
  return make('div', 'cv-settings__choice', {}, box, make('div', '', {}, make('label', '', { for: id }, name), make('p', '', { id: `${id}-help` }, help)));
}

/** Rows is the table of keys that can be changed. */
class Rows {
  readonly el = make('div', 'cv-settings__keys');
  private readonly word = make('p', 'cv-settings__word', { role: 'status' });
  private readonly list = make('ul');
  private listening: Action | null = null;
  private drawing = false;

  constructor(private readonly table: ActionTable, private readonly settings: Settings) {
    this.el.append(this.word, this.list);
    this.show();
  }

  /** show draws the rows anew; the focus stays with its action. */
  show(focus?: string) {
    const offered = this.table.list.filter((a) => !a.native && this.table.ownKeys(a).some(isLone));
    // A button that is replaced loses the focus: that is no wish to stop.
    this.drawing = true;
    this.list.replaceChildren(...offered.map((a) => this.row(a)));
    if (focus) [...this.list.querySelectorAll<HTMLElement>('button')].find((b) => b.dataset.action === focus)?.focus();
    this.drawing = false;
  }

  private row(a: Action): HTMLElement {
    const custom = this.settings.get().keys[a.id] !== undefined, waits = this.listening === a;
    const shown = waits ? 'Press a key…' : a.keys.length ? a.keys.slice(0, 2).map((k) => written(k)).join(' or ') : 'No key';
    const change = make('button', 'cv-button cv-settings__key', { type: 'button', 'data-action': a.id, 'aria-label': `${a.label}: ${shown}. Change` }, shown);
    change.addEventListener('click', () => this.listen(a));
    change.addEventListener('keydown', (e) => { if (this.listening === a) this.heard(e, a); });
    change.addEventListener('blur', () => { if (this.listening === a && !this.drawing) this.stop(); });
    const line = make('li', '', {}, make('span', '', {}, a.label), change);
    if (custom) {
      const reset = make('button', 'cv-button', { type: 'button', 'aria-label': `Give “${a.label}” its own key back` }, 'Reset');
      reset.addEventListener('click', () => this.reset(a));
      line.append(reset);
    }
    return line;
  }

  private listen(a: Action) {
    this.listening = a;
    this.tell(`Press the new key for “${a.label}”, or Esc to leave it as it is.`);
    this.show(a.id);
  }

  private stop() {
    this.listening = null;
    this.tell('');
    this.show();
  }

  private heard(e: KeyboardEvent, a: Action) {
    if (bare.includes(e.key) || e.isComposing) return;
    e.preventDefault();
    if (e.key === 'Escape' || e.key === 'Tab') {
      this.listening = null;
      this.tell('');
      return this.show(a.id);
    }
    const chord = chords(e)[0]!, no = refusalOf(this.table, a, e.key, chord);
    if (no) return this.tell(`${no} Press another one.`, true);
    this.listening = null;
    this.settings.rebind(a.id, chord);
    this.tell(`“${a.label}” is now ${written(chord)}.`);
    this.show(a.id);
  }

  private reset(a: Action) {
    const other = this.table.ownKeys(a).map((k) => this.table.taken(k, a.id)).find(Boolean);
    if (other) return this.tell(`The own key is now “${other.name}”. Change that one first.`, true);
    this.settings.rebind(a.id, undefined);
    this.tell(`“${a.label}” has its own key again.`);
    this.show(a.id);
  }

  private tell(text: string, refused = false) {
    this.word.textContent = text;
    this.word.classList.toggle('is-refused', refused);
  }
}
