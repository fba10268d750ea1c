// The panel below the canvas: what the run does, how long and for how much, one
// row per step, the first failure with the way to it, and why a run cannot start.
import { make } from '../canvas/dom';
import { duration, money } from '../canvas/status';
import { isFinal } from '../live/frames';
import type { RunView } from '../live/reducer';
import type { ApiError, Problem } from './api';
import { Pill } from './pill';
import { Rows } from './runrows';
import { spanOf, type Span } from './waterfall';

/** What the panel needs around it. */
export interface PanelEnv {
  /** What an ended run is called; "Last run" when it is left out. */
  ended?: string;
  /** The name of a step; it may be gone from the document since. */
  label(id: string): string;
  /** Where a step stands in the document, for the order of rows. */
  place(id: string): number;
  pick(nodeId: string): void;
  pickEdge(edgeId: string): void;
  /** The server's time, in milliseconds since 1970. */
  now(): number;
}

/** RunPanel shows one run, or why there is none. */
export class RunPanel {
  private readonly root = document.getElementById('run-panel')!;
  private readonly title = document.getElementById('run-title')!;
  private readonly status = document.getElementById('run-status')!;
  private readonly link = document.getElementById('run-link') as HTMLAnchorElement | null;
  private readonly host = document.getElementById('run-rows')!;
  private readonly pill = new Pill();
  private readonly facts = make('span', 'num muted small ed-facts');
  private readonly failure = make('div', 'ed-failure', { hidden: '' });
  private readonly rows: Rows;
  private view: RunView | null = null;
  private order: string[] = [];
  private span: Span = { first: 0, last: 1 };
  private frame = 0;
  private headAt = 0;
  private resort = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly env: PanelEnv) {
    this.rows = new Rows(this.host, this.root, {
      ids: () => this.order,
      node: (id) => this.view?.nodes.get(id),
      label: env.label,
      span: () => this.span,
      pick: env.pick,
    });
    this.host.before(this.failure);
    this.nothing();
  }

  /** show shows a run from now on. */
  show(view: RunView) {
    this.view = view;
    this.status.replaceChildren(this.pill.el, this.facts);
    if (this.link) {
      this.link.hidden = false;
      this.link.href = `/runs/${encodeURIComponent(view.head.id)}`;
    }
    this.rows.show();
    this.sort(view);
    this.head(view);
    this.update(true);
  }

  /** update shows what changed, with the next frame; any number of events before it cost one repaint. */
  update(all = false) {
    this.resort ||= all;
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.view) this.paint(this.view);
    });
  }

  private paint(v: RunView) {
    if (this.resort || v.nodes.size !== this.order.length) this.sort(v);
    this.resort = false;
    const now = this.env.now();
    if (v.done || performance.now() - this.headAt > 100) this.head(v);
    this.span = v.done ? this.span : { first: this.span.first, last: Math.max(now, this.span.first + 1) };
    this.tick(v);
    this.rows.draw();
  }

  /** refuse shows why the run was not started. */
  refuse(err: ApiError) {
    this.view = null;
    this.stop();
    this.title.textContent = 'Not started';
    this.status.replaceChildren();
    if (this.link) this.link.hidden = true;
    this.failure.hidden = true;
    const list = make('ul', 'ed-problems');
    for (const p of err.problems) list.append(this.problem(p));
    const lead = make('p', '', { role: 'alert' }, err.hint ? `${err.message} ${err.hint}` : err.message);
    this.host.replaceChildren(make('div', 'ed-refused', {}, lead, list));
  }

  private problem(p: Problem): HTMLElement {
    const words = p.nodeId ? `${this.env.label(p.nodeId)}: ${p.message}` : p.message;
    const li = make('li', '', {}, make('span', '', {}, words));
    const { nodeId, edgeId } = p;
    if (!nodeId && !edgeId) return li;
    const go = make('button', 'btn btn--sm', { type: 'button', 'aria-label': `Go to it: ${words}` }, 'Go to it');
    go.addEventListener('click', () => (nodeId ? this.env.pick(nodeId) : this.env.pickEdge(edgeId!)));
    li.append(go);
    return li;
  }

  private nothing() {
    this.host.replaceChildren(make('p', 'ed-none muted small', {}, 'Press Run, or Ctrl+Enter. Each step appears here with its time and its result.'));
  }

  // Sorting looks at every step, so it happens only when rows come or the run ends.
  private sort(view: RunView) {
    const { env } = this;
    const key = (id: string) => Date.parse(view.nodes.get(id)?.startedAt ?? '') || Infinity;
    const keyed = [...view.nodes.keys()].map((id) => ({ id, at: key(id), place: env.place(id) }));
    // Infinity minus Infinity is no number: steps without a time keep the document's order.
    this.order = keyed.sort((a, b) => (a.at === b.at ? a.place - b.place : a.at - b.at)).map((k) => k.id);
    this.span = spanOf(view, env.now());
  }

  private head(v: RunView) {
    this.headAt = performance.now();
    this.title.textContent = v.done ? this.env.ended ?? 'Last run' : 'Run';
    this.pill.show(v.head.status);
    const h = v.head;
    let settled = 0, noted = false;
    for (const n of v.nodes.values()) {
      if (isFinal(n.status)) settled++;
      noted ||= !!(n.error || n.reason);
    }
    // All rows share the columns, so that their bars share the axis of time.
    this.host.classList.toggle('rr-noted', noted);
    const total = h.totalNodes || v.nodes.size, tokens = (h.tokensIn ?? 0) + (h.tokensOut ?? 0);
    this.facts.textContent = [
      total ? `${settled} of ${total} ${total === 1 ? 'step' : 'steps'}` : '',
      this.elapsed(v),
      tokens ? `${tokens.toLocaleString('en')} tokens` : '',
      tokens && typeof h.costUsd === 'number' ? money(h.costUsd) : '',
    ].filter(Boolean).join(' · ');
    this.fail(v);
  }

  private elapsed(v: RunView): string {
    if (typeof v.head.duration === 'number') return duration(v.head.duration);
    if (!v.head.startedAt || v.done) return '';
    return duration(Math.max(0, this.env.now() - Date.parse(v.head.startedAt)));
  }

  private fail(v: RunView) {
    const first = this.order.find((id) => v.nodes.get(id)?.status === 'failed');
    const why = (first && v.nodes.get(first)?.error) || v.head.error || '';
    const show = !!first || (v.done && !!why);
    if (!show) {
      this.failure.hidden = true;
      return;
    }
    const words = first ? `${this.env.label(first)} failed: ${why || 'without a message.'}` : why;
    if (!this.failure.hidden && this.failure.dataset.words === words) return;
    this.failure.hidden = false;
    this.failure.dataset.words = words;
    this.failure.replaceChildren(make('p', '', { role: 'alert' }, words.split('\n')[0]!));
    if (!first) return;
    const go = make('button', 'btn btn--sm', { type: 'button' }, 'Go to failed step');
    go.addEventListener('click', () => this.env.pick(first));
    this.failure.append(go);
  }

  private tick(v: RunView) {
    if (v.done) return this.stop();
    this.timer ??= setInterval(() => {
      if (!this.view || document.hidden) return;
      this.headAt = 0;
      this.update();
    }, 250);
  }

  private stop() {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
