// Long texts: the count under a field, the large view in a dialog, and the button
// that formats JSON. The field stays the owner of the text; the large view writes
// through it.
import { make } from '../canvas/dom';
import { names } from '../canvas/main';

type Area = HTMLTextAreaElement;

const MONO = 'heddle-mono';

/** counted says how long a text is. */
export function counted(text: string): string {
  const n = [...text].length;
  return `${n.toLocaleString('en')} ${n === 1 ? 'character' : 'characters'}`;
}

/** formatted returns JSON with two spaces a level; null when the text is no JSON. */
export function formatted(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

/** isMark reports whether a text can be the name of a {{name}}. */
export const isMark = (name: string): boolean => names(`{{${name}}}`).length === 1;

/** Large handles the long texts inside a slot. */
export class Large {
  private view: LargeView | null = null;

  constructor(private readonly slot: HTMLElement, private readonly step: () => string) {
    slot.addEventListener('click', (e) => this.click(e));
    slot.addEventListener('input', (e) => this.count((e.target as Element).closest('.field')));
  }

  /** bound shows the counts, and what is wrong, after the form was drawn. */
  bound() {
    this.view?.tell();
    for (const field of this.slot.querySelectorAll('.field')) this.count(field);
  }

  private count(field: Element | null) {
    const area = field?.querySelector<Area>('textarea[data-key]'), out = field?.querySelector('[data-count]');
    if (area && out) out.textContent = area.value ? counted(area.value) : '';
  }

  private click(e: MouseEvent) {
    const large = (e.target as Element).closest<HTMLElement>('[data-large]'), format = (e.target as Element).closest<HTMLElement>('[data-format]');
    if (large) this.open(large.dataset.large!);
    const area = format && this.area(format.dataset.format!), text = area && formatted(area.value);
    if (!area || text === null) return area?.focus();
    if (text !== area.value) write(area, text);
  }

  private area(key: string): Area | null {
    return this.slot.querySelector<Area>(`textarea[data-key="${CSS.escape(key)}"]`);
  }

  private open(key: string) {
    const area = this.area(key);
    if (!area || area.disabled) return;
    this.view = new LargeView({
      title: area.labels?.[0]?.firstChild?.textContent?.trim() || key, step: this.step(), from: area,
      marks: area.dataset.template === 'true', mono: area.classList.contains('mono'), field: () => this.area(key),
    }, () => { this.view = null; });
  }
}

interface View {
  title: string;
  step: string;
  from: Area;
  /** The text may hold {{name}} marks. */
  marks: boolean;
  mono: boolean;
  /** The field as it is in the form now; the form may have been drawn anew. */
  field(): Area | null;
}

class LargeView {
  private readonly area = make('textarea', 'input large__text', { 'aria-labelledby': 'large-title', 'aria-describedby': 'large-err', spellcheck: 'true' });
  private readonly count = make('span', 'hint num');
  private readonly problem = make('span', 'err', { id: 'large-err', role: 'status' });
  private readonly chips = make('span', 'large__marks');
  private readonly dialog: HTMLDialogElement;

  constructor(private readonly o: View, private readonly gone: () => void) {
    const done = make('button', 'btn btn--primary', { type: 'button' }, 'Done');
    const title = make('h2', '', { id: 'large-title' }, o.title, make('span', 'muted', {}, ` · ${o.step}`));
    this.dialog = make('dialog', 'dialog large', { 'aria-labelledby': 'large-title' }, make('div', 'dialog__head', {}, title, this.monoSwitch()), this.area);
    if (o.marks) this.dialog.append(this.markBar());
    this.dialog.append(make('div', 'large__foot', {}, this.count, this.problem, make('span', 'grow'), done));
    done.addEventListener('click', () => this.dialog.close());
    this.area.value = o.from.value;
    this.area.addEventListener('input', () => this.changed());
    this.dialog.addEventListener('keydown', (e) => e.stopPropagation());
    this.dialog.addEventListener('close', () => this.closed());
    (document.getElementById('dialogs') ?? document.body).append(this.dialog);
    this.dialog.showModal();
    this.tell();
    this.area.focus();
    this.area.setSelectionRange(o.from.selectionStart, o.from.selectionEnd);
  }

  private monoSwitch(): HTMLElement {
    const box = make('input', '', { type: 'checkbox', role: 'switch' });
    box.checked = this.o.mono || recall() === 'on';
    const apply = () => this.area.classList.toggle('mono', box.checked);
    box.addEventListener('change', () => {
      remember(box.checked ? 'on' : 'off');
      apply();
    });
    apply();
    return make('label', 'check', {}, box, make('span', '', {}, 'Monospace'));
  }

  private markBar(): HTMLElement {
    const name = make('input', 'input', { type: 'text', 'aria-label': 'Name of an input', placeholder: 'name', maxlength: '64', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
    const add = make('button', 'btn btn--sm', { type: 'button' }, 'Insert {{name}}');
    const insert = () => {
      const mark = name.value.trim();
      if (!isMark(mark)) {
        name.setAttribute('aria-invalid', 'true');
        return name.focus();
      }
      name.value = '';
      this.insert(mark);
    };
    name.addEventListener('input', () => name.removeAttribute('aria-invalid'));
    name.addEventListener('keydown', (e) => { if (e.key === 'Enter') { e.preventDefault(); insert(); } });
    add.addEventListener('click', insert);
    this.chips.addEventListener('click', (e) => {
      const mark = (e.target as Element).closest<HTMLElement>('[data-insert]')?.dataset.insert;
      if (mark) this.insert(mark);
    });
    return make('div', 'large__bar', { role: 'group', 'aria-label': 'Insert an input' }, make('span', 'large__name', {}, name, add), this.chips);
  }

  private insert(mark: string) {
    const { area } = this;
    area.setRangeText(`{{${mark}}}`, area.selectionStart, area.selectionEnd, 'end');
    area.focus();
    this.changed();
  }

  private changed() {
    const field = this.o.field();
    if (field) write(field, this.area.value);
    this.tell();
  }

  /** tell shows how long the text is, its marks, and what the form says about it. */
  tell() {
    const length = counted(this.area.value), problem = this.o.field()?.closest('.field')?.querySelector('.err')?.textContent ?? '';
    if (this.count.textContent !== length) this.count.textContent = length;
    if (this.problem.textContent !== problem) this.problem.textContent = problem;
    this.area.toggleAttribute('aria-invalid', problem !== '');
    if (problem) this.area.setAttribute('aria-invalid', 'true');
    if (!this.o.marks) return;
    const marks = names(this.area.value);
    if (this.chips.dataset.marks === marks.join(' ')) return;
    this.chips.dataset.marks = marks.join(' ');
    this.chips.replaceChildren(...marks.map((m) => make('button', 'btn btn--sm btn--ghost', { type: 'button', 'data-insert': m, title: `Insert {{${m}}} again` }, `{{${m}}}`)));
  }

  private closed() {
    const field = this.o.field();
    this.dialog.remove();
    this.gone();
    if (!field) return;
    field.focus();
    field.setSelectionRange(this.area.selectionStart, this.area.selectionEnd);
  }
}

// The form hears it as if it had been typed there.
function write(area: Area, text: string) {
  area.value = text;
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

function recall(): string | null {
  try {
    return localStorage.getItem(MONO);
  } catch {
    return null;
  }
}

function remember(value: string) {
  try {
    localStorage.setItem(MONO, value);
  } catch {
    // Without storage it holds until the view is closed.
  }
}
