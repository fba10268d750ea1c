// What the next run would do: how many steps it would compute, which, and why. The
// server is asked a moment after each change; nothing is shown where nothing would
// be reused, for then a run simply runs.
import { make } from '../canvas/dom';
import type { Canvas } from '../canvas/main';
import { call } from './api';

/** What a run would do with one step, as the server says. */
export interface Forecast { nodeId: string; reused: boolean; reason: string }

/** What the forecast needs around it. */
export interface ForecasterEnv {
  workflow: string;
  canvas: Canvas;
  /** ran reports whether a run has ended whose results may be reused. */
  ran(): boolean;
  label(id: string): string;
  go(id: string): void;
  /** all runs every step again. */
  all(): void;
}

const PAUSE = 700;
// Asking sends the whole graph.
const MOST = 2000;
const ROWS = 100;

/** counted words a forecast: "3 of 9 will run"; empty when nothing would be reused. */
export function counted(list: readonly Forecast[]): string {
  const reused = list.filter((f) => f.reused).length, run = list.length - reused;
  if (!reused) return '';
  return run ? `${run} of ${list.length} will run` : 'Nothing has changed';
}

/** Forecaster asks and shows. */
export class Forecaster {
  private readonly button = make('button', 'btn btn--ghost btn--sm plan', { type: 'button', id: 'btn-plan', popovertarget: 'plan', title: 'What the next run does', hidden: '' });
  private readonly sheet = make('div', 'plan__sheet', { id: 'plan', popover: '', 'aria-label': 'What the next run does' });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;
  private busy = false;
  private list: readonly Forecast[] = [];

  constructor(private readonly env: ForecasterEnv) {
    document.getElementById('btn-run')!.before(this.button, this.sheet);
    this.sheet.addEventListener('beforetoggle', (e) => { if ((e as ToggleEvent).newState === 'open') this.open(); });
    document.addEventListener('heddle:busy', (e) => this.work((e as CustomEvent<boolean>).detail));
  }

  /** changed asks again, soon. */
  changed() {
    clearTimeout(this.timer);
    this.asking?.abort();
    if (!this.busy) this.timer = setTimeout(() => void this.ask(), PAUSE);
  }

  private work(busy: boolean) {
    if (busy === this.busy) return;
    this.busy = busy;
    if (busy) this.show([]);
    this.changed();
  }

  private async ask() {
    const { canvas, workflow, ran } = this.env, doc = canvas.store.doc();
    if (!ran() || !doc.nodes.length || doc.nodes.length > MOST) return this.show([]);
    const asking = (this.asking = new AbortController());
    try {
      const body = { workflowId: workflow, source: 'editor', nodes: doc.nodes, edges: doc.edges };
      const { plan } = await call<{ plan?: Forecast[] }>('POST', '/api/execute?dryRun=true', { body, signal: asking.signal, timeout: 15_000 });
      if (!asking.signal.aborted && !this.busy) this.show(plan ?? []);
    } catch {
      // A graph that cannot run now, or no answer: nothing is foretold. Run says what is wrong.
      if (!asking.signal.aborted) this.show([]);
    }
  }

  private show(list: readonly Forecast[]) {
    const text = counted(list);
    this.list = text ? list : [];
    this.env.canvas.setStale(new Map(this.list.filter((f) => !f.reused).map((f) => [f.nodeId, f.reason || 'It will run.'])));
    this.button.hidden = !text;
    this.button.textContent = text;
    if (!text && this.sheet.matches(':popover-open')) this.sheet.hidePopover();
  }

  private open() {
    const rows = this.list.slice(0, ROWS).map((f) => this.row(f));
    const all = make('button', 'btn btn--sm', { type: 'button', id: 'btn-run-all' }, 'Run all steps again');
    all.addEventListener('click', () => {
      this.sheet.hidePopover();
      this.env.all();
    });
    const more = this.list.length > ROWS ? [make('p', 'muted small', {}, `and ${this.list.length - ROWS} more`)] : [];
    this.sheet.replaceChildren(make('h2', '', {}, 'What the next run does'), make('ul', '', { role: 'list' }, ...rows), ...more, all);
    const r = this.button.getBoundingClientRect();
    Object.assign(this.sheet.style, { top: `${r.bottom + 6}px`, right: `${Math.max(8, innerWidth - r.right)}px` });
  }

  private row(f: Forecast): HTMLElement {
    const name = make('button', 'plan__name', { type: 'button' }, this.env.label(f.nodeId));
    name.addEventListener('click', () => {
      this.sheet.hidePopover();
      this.env.go(f.nodeId);
    });
    return make('li', f.reused ? 'is-reused' : '', {}, name, make('span', 'plan__what', {}, f.reused ? 'Reused' : 'Will run'), make('span', 'plan__why', {}, f.reason));
  }
}
