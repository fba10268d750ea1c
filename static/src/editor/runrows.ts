// The rows of the run panel: one per step, drawn only where they are seen, so that
// a run of ten thousand steps costs what a run of ten does.
import { make } from '../canvas/dom';
import { duration } from '../canvas/status';
import type { NodeView } from '../live/reducer';
import { lookName, Pill, svg } from './pill';
import { barOf, type Span } from './waterfall';

/** Height of a row in pixels; editor.css says the same. */
export const ROW = 36;
const SPARE = 6;

/** What the rows need to know. */
export interface RowsEnv {
  ids(): readonly string[];
  node(id: string): NodeView | undefined;
  label(id: string): string;
  span(): Span;
  pick(id: string): void;
}

/** Rows draws the rows that are in view of a scrolling element. */
export class Rows {
  private readonly pool: Row[] = [];
  private readonly space = make('div', 'rr-space', { role: 'list', 'aria-label': 'Steps of the run' });
  private frame = 0;
  private focus = 0;

  constructor(private readonly host: HTMLElement, private readonly scroller: HTMLElement, private readonly env: RowsEnv) {
    scroller.addEventListener('scroll', () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(scroller);
    this.space.addEventListener('click', (e) => this.click(e));
    this.space.addEventListener('keydown', (e) => this.key(e));
  }

  /** draw asks for a repaint with the next frame. */
  draw() {
    if (this.frame || !this.space.isConnected) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  /** show puts the rows into the panel. */
  show() {
    if (!this.space.isConnected) this.host.replaceChildren(this.space);
    this.draw();
  }

  private paint() {
    const ids = this.env.ids(), top = Math.max(0, this.scroller.scrollTop - this.host.offsetTop);
    const first = Math.max(0, Math.floor(top / ROW) - SPARE);
    const last = Math.min(ids.length, Math.ceil((top + this.scroller.clientHeight) / ROW) + SPARE);
    this.space.style.height = `${ids.length * ROW}px`;
    this.focus = Math.min(this.focus, Math.max(0, ids.length - 1));
    const span = this.env.span(), many = Math.max(0, last - first);
    while (this.pool.length < many) this.grow();
    while (this.pool.length > many) this.pool.pop()!.el.remove();
    // A row keeps its element while it stays in view, so that it keeps the focus too.
    for (let i = first; i < last; i++) {
      const id = ids[i]!, row = this.pool[i % many]!;
      row.show({ id, at: i, of: ids.length, label: this.env.label(id), node: this.env.node(id), span, stop: i === this.focus });
    }
  }

  private grow() {
    const row = new Row();
    this.pool.push(row);
    this.space.append(row.el);
  }

  private click(e: MouseEvent) {
    const el = (e.target as Element).closest<HTMLElement>('.rr');
    if (!el) return;
    this.focus = Number(el.dataset.at);
    this.env.pick(el.dataset.node ?? '');
    this.draw();
  }

  private key(e: KeyboardEvent) {
    const row = (e.target as Element).closest<HTMLElement>('.rr'), last = this.env.ids().length - 1;
    if (row) this.focus = Number(row.dataset.at);
    const to: Record<string, number> = { ArrowDown: this.focus + 1, ArrowUp: this.focus - 1, Home: 0, End: last };
    const next = to[e.key];
    if (next === undefined) return;
    e.preventDefault();
    this.focus = Math.min(Math.max(next, 0), last);
    const y = this.host.offsetTop + this.focus * ROW;
    if (y < this.scroller.scrollTop + this.host.offsetTop) this.scroller.scrollTop = y - this.host.offsetTop;
    if (y + ROW > this.scroller.scrollTop + this.scroller.clientHeight) this.scroller.scrollTop = y + ROW - this.scroller.clientHeight;
    this.paint();
    this.pool.find((r) => r.el.dataset.at === String(this.focus))?.button.focus({ preventScroll: true });
  }
}

interface Shown { id: string; at: number; of: number; label: string; node: NodeView | undefined; span: Span; stop: boolean }

class Row {
  readonly el = make('div', 'rr', { role: 'listitem' });
  readonly button = make('button', 'rr__name', { type: 'button' });
  private readonly pill = new Pill();
  private readonly time = make('span', 'rr__time num muted');
  private readonly error = make('span', 'rr__error');
  private readonly bar = svg('svg', { class: 'wf__bar rr__bar', width: '100%', height: '12', 'aria-hidden': 'true' });
  private readonly wait = svg('line', { class: 'wf__wait', y1: '6', y2: '6' });
  private readonly work = svg('rect', { class: 'wf__run', height: '12', rx: '3' });

  constructor() {
    this.bar.append(this.wait, this.work);
    this.el.append(this.button, this.pill.el, this.time, this.bar, this.error);
  }

  show(s: Shown) {
    const { el } = this, look = lookName(s.node?.status ?? 'idle', s.node?.cached);
    set(el, 'data-node', s.id);
    set(el, 'data-at', String(s.at));
    set(el, 'data-status', look);
    set(el, 'aria-posinset', String(s.at + 1));
    set(el, 'aria-setsize', String(s.of));
    el.style.transform = `translateY(${s.at * ROW}px)`;
    write(this.button, s.label);
    this.button.tabIndex = s.stop ? 0 : -1;
    this.pill.show(look);
    write(this.time, timeOf(s.node, s.span));
    const error = s.node?.error || s.node?.reason || '';
    write(this.error, error.split('\n')[0]!);
    set(this.error, 'title', error);
    this.place(s);
  }

  private place(s: Shown) {
    const b = s.node ? barOf(s.node, s.span) : null;
    set(this.work, 'x', `${(b?.x ?? 0).toFixed(2)}%`);
    set(this.work, 'width', `${(b?.w ?? 0).toFixed(2)}%`);
    set(this.wait, 'x1', `${(b?.waitX ?? 0).toFixed(2)}%`);
    set(this.wait, 'x2', `${((b?.waitX ?? 0) + (b?.waitW ?? 0)).toFixed(2)}%`);
    this.wait.style.display = b?.waitW ? '' : 'none';
  }
}

function timeOf(n: NodeView | undefined, s: Span): string {
  if (typeof n?.duration === 'number') return duration(n.duration);
  if (n?.status !== 'running' || !n.startedAt) return '';
  return duration(Math.max(0, s.last - Date.parse(n.startedAt)));
}

function set(el: Element, name: string, value: string) {
  if (el.getAttribute(name) !== value) el.setAttribute(name, value);
}

function write(el: HTMLElement, text: string) {
  if (el.textContent !== text) el.textContent = text;
}
