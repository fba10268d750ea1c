// The lines of the outline, drawn only where they are seen, so that ten thousand
// steps cost what ten do. The tree has the focus; its active line is named to
// assistive technology.
import { make } from '../canvas/dom';
import type { Line } from '../canvas/order';
import { Pill } from './pill';

const SPARE = 4;

/** What a line shows. */
export interface Face { name: string; kind: string; status: string; label: string; selected: boolean }

/** What the lines need to know. */
export interface RowsEnv {
  lines(): readonly Line[];
  face(line: Line): Face;
  active(): number;
}

/** OutlineRows draws lines into a scrolling element. */
export class OutlineRows {
  /** The height of a line in pixels: it grows with the text, and under a finger. */
  readonly high: number;
  readonly tree = make('div', 'ol-tree', { id: 'outline-tree', role: 'tree', 'aria-label': 'Steps in the order in which they run', 'aria-multiselectable': 'true', tabindex: '0' });
  private readonly pool: Row[] = [];
  private frame = 0;

  constructor(private readonly scroller: HTMLElement, private readonly env: RowsEnv) {
    const root = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    this.high = root * (matchMedia('(pointer: coarse)').matches ? 2.75 : 2);
    scroller.addEventListener('scroll', () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(scroller);
  }

  /** draw asks for a repaint with the next frame. */
  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  /** paint draws the lines in view now. */
  paint() {
    const lines = this.env.lines(), { high } = this, top = this.scroller.scrollTop, active = this.env.active();
    const first = Math.max(0, Math.floor(top / high) - SPARE);
    const last = Math.min(lines.length, Math.ceil((top + this.scroller.clientHeight) / high) + SPARE), many = Math.max(0, last - first);
    this.tree.style.height = `${Math.max(1, lines.length) * high}px`;
    while (this.pool.length < many) this.grow();
    while (this.pool.length > many) this.pool.pop()!.el.remove();
    let named = '';
    for (let i = first; i < last; i++) {
      const row = this.pool[i % many]!;
      row.show(lines[i]!, i, this.env.face(lines[i]!), i === active, high);
      if (i === active) named = row.el.id;
    }
    if (named) this.tree.setAttribute('aria-activedescendant', named);
    else this.tree.removeAttribute('aria-activedescendant');
  }

  /** reveal scrolls until a line is seen, and draws it at once. */
  reveal(i: number) {
    const { scroller, high } = this, y = i * high;
    if (y < scroller.scrollTop) scroller.scrollTop = y;
    if (y + high > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = y + high - scroller.clientHeight;
    this.paint();
  }

  /** el returns the element of a line that is drawn. */
  el(i: number): HTMLElement | undefined {
    return this.pool.find((r) => r.el.dataset.at === String(i))?.el;
  }

  private grow() {
    const row = new Row(this.pool.length);
    this.pool.push(row);
    this.tree.append(row.el);
  }
}

class Row {
  readonly el: HTMLElement;
  private readonly fold = make('span', 'ol__fold', { 'aria-hidden': 'true' });
  private readonly name = make('span', 'ol__name');
  private readonly kind = make('span', 'ol__kind');
  private readonly pill = new Pill();
  private readonly more = make('button', 'btn btn--ghost btn--icon ol__more', { type: 'button', tabindex: '-1', 'aria-haspopup': 'menu' }, '⋯');

  constructor(serial: number) {
    this.el = make('div', 'ol', { role: 'treeitem', id: `ol-${serial}` }, this.fold, this.name, ' ', this.kind, ' ', this.pill.el, this.more);
  }

  show(line: Line, at: number, face: Face, active: boolean, high: number) {
    const { el } = this;
    el.style.transform = `translateY(${at * high}px)`;
    el.style.height = `${high}px`;
    el.style.paddingInlineStart = `${Math.min(line.level - 1, 8) * 16}px`;
    el.classList.toggle('is-active', active);
    el.classList.toggle('ol--edge', line.edge >= 0);
    const facts: Record<string, string> = { 'data-key': line.key, 'data-at': String(at), 'aria-level': String(line.level), 'aria-posinset': String(line.pos), 'aria-setsize': String(line.size), 'aria-selected': String(face.selected), 'aria-label': face.label };
    for (const [name, value] of Object.entries(facts)) if (el.getAttribute(name) !== value) el.setAttribute(name, value);
    if (line.open === null) el.removeAttribute('aria-expanded');
    else el.setAttribute('aria-expanded', String(line.open));
    this.fold.dataset.open = line.open === null ? '' : String(line.open);
    this.name.textContent = face.name;
    this.name.title = face.name;
    this.kind.textContent = face.kind;
    this.pill.el.hidden = face.status === 'idle' || line.edge >= 0;
    this.pill.show(face.status);
    this.more.setAttribute('aria-label', `Menu of ${face.name}`);
  }
}
