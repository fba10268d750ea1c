// A list with a search field: the step picker and the command palette. Focus stays
// in the field; the arrow keys move through the list, Enter takes the marked line.
import { make } from './dom';
import type { Point } from './document';
import { icon, iconPath } from './icons';
import { written } from './keys';

/** One line of the list. */
export interface Row {
  id: string;
  name: string;
  /** What stands smaller beside the name. */
  note?: string;
  keys?: string;
  /** Icon and colour of a kind of step. */
  icon?: { name: string; colour: string };
  /** Letters of the name that matched. */
  at?: number[];
  /** Lines with the same group in a row get a heading. */
  group?: string;
  perform(): void;
}

/** What is asked for. */
export interface Search {
  label: string;
  placeholder: string;
  rows(query: string): Row[];
  /** What an empty list says. */
  none: string;
  /** The line below the list. */
  foot?: string;
  /** Where the list opens, in pixels of the root; null is the upper middle. */
  at: Point | null;
  /** Hears each change of the query, for rows that come later. */
  typed?(query: string): void;
  /** Called when the list has gone, with or without a choice. */
  closed?(): void;
}

let serial = 0;

/** Finder shows one list at a time. */
export class Finder {
  private el: HTMLElement | null = null;
  private search: Search | null = null;
  private rows: Row[] = [];
  private marked = 0;
  private before: Element | null = null;
  private readonly id = `cv-finder-${++serial}`;
  private readonly field = make('input', 'cv-finder__field', { type: 'text', role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'true', 'aria-controls': this.id, autocomplete: 'off', spellcheck: 'false' });
  private readonly list = make('div', 'cv-finder__list', { id: this.id, role: 'listbox' });
  private readonly count = make('p', 'sr', { role: 'status' });
  private readonly empty = make('p', 'cv-finder__none');
  private readonly away = (e: Event) => { if (this.el && !this.el.contains(e.target as Node)) this.close(); };

  constructor(private readonly root: HTMLElement, private readonly back: () => void, private readonly look = '') {
    this.field.addEventListener('input', () => { this.marked = 0; this.search?.typed?.(this.field.value); this.refresh(); });
    this.list.addEventListener('click', (e) => this.clicked(e));
    this.list.addEventListener('pointerdown', (e) => e.preventDefault());
    this.list.addEventListener('pointermove', (e) => this.pointed(e));
  }

  /** open shows the list and puts the focus into its field. */
  open(s: Search) {
    this.close();
    this.search = s;
    this.marked = 0;
    this.before = document.activeElement;
    this.field.value = '';
    this.field.placeholder = s.placeholder;
    this.field.setAttribute('aria-label', s.label);
    this.list.setAttribute('aria-label', s.label);
    const el = make('div', `cv-finder ${this.look}`.trim(), { role: 'dialog', 'aria-label': s.label }, this.field, this.list, this.empty, this.count);
    if (s.foot) el.append(make('p', 'cv-finder__foot', {}, s.foot));
    el.addEventListener('keydown', (e) => this.key(e));
    el.addEventListener('focusout', (e) => { if (e.relatedTarget && !el.contains(e.relatedTarget as Node) && this.el === el) this.close(); });
    // Over the list, too, the wheel never zooms the page.
    el.addEventListener('wheel', (e) => { if (e.ctrlKey) e.preventDefault(); }, { passive: false });
    this.root.append(el);
    this.el = el;
    this.refresh();
    this.put(el, s.at);
    addEventListener('pointerdown', this.away, { capture: true });
    this.field.focus({ preventScroll: true });
  }

  /** refresh asks for the rows again. */
  refresh() {
    if (!this.search) return;
    this.rows = this.search.rows(this.field.value.trim());
    this.marked = Math.min(this.marked, Math.max(0, this.rows.length - 1));
    this.list.replaceChildren(...this.blocks());
    this.list.hidden = !this.rows.length;
    this.empty.hidden = this.rows.length > 0;
    this.empty.textContent = this.search.none;
    this.count.textContent = this.rows.length === 1 ? '1 result' : `${this.rows.length} results`;
    this.mark(this.marked);
  }

  /** close takes the list away and gives the focus back; false when none was open. */
  close(): boolean {
    const { el, search, before } = this;
    if (!el) return false;
    this.el = this.search = null;
    removeEventListener('pointerdown', this.away, { capture: true });
    const had = el.contains(document.activeElement);
    el.remove();
    if (had && before instanceof HTMLElement && before !== document.body && before.isConnected) before.focus({ preventScroll: true });
    else if (had) this.back();
    search?.closed?.();
    return true;
  }

  private put(el: HTMLElement, at: Point | null) {
    const fit = (v: number, size: number, room: number) => Math.max(8, Math.min(v, room - size - 8));
    const x = at ? at.x : (this.root.clientWidth - el.offsetWidth) / 2, y = at ? at.y : this.root.clientHeight * 0.12;
    el.style.left = `${fit(x, el.offsetWidth, this.root.clientWidth)}px`;
    el.style.top = `${fit(y, el.offsetHeight, this.root.clientHeight)}px`;
  }

  private blocks(): HTMLElement[] {
    const out: HTMLElement[] = [];
    let name: string | undefined, host: HTMLElement | null = null;
    this.rows.forEach((row, n) => {
      if (!host || row.group !== name) {
        name = row.group;
        host = make('div', 'cv-finder__group', name ? { role: 'group', 'aria-label': name } : { role: 'presentation' });
        if (name) host.append(make('div', 'cv-finder__head', { 'aria-hidden': 'true' }, name));
        out.push(host);
      }
      host.append(this.line(row, n));
    });
    return out;
  }

  private line(row: Row, n: number): HTMLElement {
    const el = make('div', 'cv-finder__row', { role: 'option', id: `${this.id}-${n}`, 'data-row': row.id, 'aria-selected': 'false' });
    if (row.icon) {
      const picture = icon('cv-finder__icon');
      picture.path.setAttribute('d', iconPath(row.icon.name));
      picture.svg.style.setProperty('--k', row.icon.colour);
      el.append(picture.svg);
    }
    el.append(make('span', 'cv-finder__name', {}, ...lettered(row.name, row.at ?? [])));
    if (row.note) el.append(make('span', 'cv-finder__note', {}, row.note));
    if (row.keys) el.append(make('kbd', '', {}, written(row.keys)));
    return el;
  }

  private mark(n: number) {
    this.marked = n;
    const lines = [...this.list.querySelectorAll<HTMLElement>('[role="option"]')];
    lines.forEach((el, i) => el.setAttribute('aria-selected', String(i === n)));
    const here = lines[n];
    if (here) this.field.setAttribute('aria-activedescendant', here.id);
    else this.field.removeAttribute('aria-activedescendant');
    here?.scrollIntoView({ block: 'nearest' });
    if (n === 0) this.list.scrollTop = 0;
  }

  private place(e: Event): number {
    const el = (e.target as Element).closest<HTMLElement>('[role="option"]');
    return el ? Number(el.id.slice(this.id.length + 1)) : -1;
  }

  private pointed(e: PointerEvent) {
    const n = this.place(e);
    if (n >= 0 && n !== this.marked && (e.movementX || e.movementY)) this.mark(n);
  }

  private clicked(e: Event) {
    const n = this.place(e);
    if (n >= 0) this.take(n);
  }

  private take(n: number) {
    const row = this.rows[n];
    if (!row) return;
    this.close();
    row.perform();
  }

  private key(e: KeyboardEvent) {
    e.stopPropagation();
    if (e.isComposing) return;
    const last = this.rows.length - 1;
    const to: Record<string, number> = { ArrowDown: this.marked >= last ? 0 : this.marked + 1, ArrowUp: this.marked <= 0 ? last : this.marked - 1, PageDown: Math.min(last, this.marked + 8), PageUp: Math.max(0, this.marked - 8) };
    if (e.key in to) this.mark(to[e.key]!);
    else if (e.key === 'Enter') this.take(this.marked);
    else if (e.key === 'Escape' || e.key === 'Tab') this.close();
    else return;
    e.preventDefault();
  }
}

function lettered(name: string, at: number[]): (Node | string)[] {
  if (!at.length) return [name];
  const out: (Node | string)[] = [], hits = new Set(at);
  for (let i = 0; i < name.length;) {
    let end = i;
    while (end < name.length && hits.has(end) === hits.has(i)) end++;
    out.push(hits.has(i) ? make('b', '', {}, name.slice(i, end)) : name.slice(i, end));
    i = end;
  }
  return out;
}
