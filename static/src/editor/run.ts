// Runs of this workflow: starting and stopping them, following them over the
// socket, and showing them on cards, in the panel and in the tab's title.
import type { Canvas, DocChange, Spec } from '../canvas/main';
import { isFinal, type Frame } from '../live/frames';
import { fromDetail, RunView, type NodeResult, type RunDetail } from '../live/reducer';
import { subscribe, type Connection } from '../live/socket';
import { ApiError, call } from './api';
import { hideBanner, showBanner } from './banner';
import type { RunMode } from './parts';
import type { RunPanel } from './runpanel';
import { Narrator } from './narrator';
import { alarm, report, say } from './say';
import { stateOf } from './state';
import type { Title } from './title';

/** What runs need around them. */
export interface RunnerEnv {
  workflow: string;
  canvas: Canvas;
  specs: Map<string, Spec>;
  panel: RunPanel;
  title: Title;
  label(id: string): string;
  /** at hears which step began to work. */
  at(node: string): void;
  /** save puts what is on the screen on the server, if that is possible. */
  save(): Promise<boolean>;
  /** moved hears that the shown run, or one node of it, changed. */
  moved(node?: string): void;
}

const TYPES = ['snapshot', 'run.status', 'node.status', 'node.delta', 'log'] as const;
// How long a busy run may be silent before it is asked for, with and without a socket.
const SILENCE = 10_000;
const SILENCE_DOWN = 1500;
const LOOK = 2000;

/** Runner shows one run at a time: the newest. */
export class Runner {
  /** The run that is shown; null when there was none. */
  view: RunView | null = null;
  /** What GET /api/runs/:id said last about the shown run: whole inputs and outputs. */
  detail: RunDetail | null = null;
  /** Steps that are marked as failed because the run was refused, not because they ran. */
  private readonly accused = new Set<string>();
  private starting = false;
  private stopping = false;
  private skew = Infinity;
  private heard = 0;
  private up = true;
  /** The run has ended, but its whole results are not here yet. */
  private stale = false;
  private lost: ReturnType<typeof setTimeout> | undefined;
  private fetching: Promise<void> | null = null;
  private readonly narrator = new Narrator({ say, alarm, label: (id) => this.env.label(id) });
  private readonly runButton = document.getElementById('btn-run') as HTMLButtonElement;
  private readonly stopButton = document.getElementById('btn-stop') as HTMLButtonElement;

  constructor(private readonly env: RunnerEnv) {
    this.runButton.addEventListener('click', () => void this.start());
    this.stopButton.addEventListener('click', () => void this.stop());
    for (const t of TYPES) document.addEventListener(`heddle:${t}`, (e) => this.frame((e as CustomEvent<Frame>).detail));
    document.addEventListener('heddle:connection', (e) => this.connection((e as CustomEvent<Connection>).detail));
    subscribe({ workflowId: env.workflow });
    setInterval(() => this.look(), LOOK);
  }

  /** now returns the server's time, as far as the events tell. */
  now(): number {
    return Date.now() - (Number.isFinite(this.skew) ? this.skew : 0);
  }

  /** open shows the last run, as the page was opened with it. */
  open(last: RunDetail | null) {
    if (!last) return;
    this.detail = last;
    this.adopt(fromDetail(last), false);
  }

  /** startFresh runs the whole workflow and reuses nothing. */
  startFresh(): Promise<void> {
    return this.start([], 'upTo', true);
  }

  /** start runs the workflow as it is on the screen, or the part of it that steps and mode name. */
  async start(only: string[] = [], mode: RunMode = 'upTo', fresh = false): Promise<void> {
    if (this.starting || this.busy) return;
    this.starting = true;
    this.buttons();
    try {
      const saved = await this.env.save();
      const { run } = await this.execute(saved, only, mode, fresh);
      const known = this.view?.head.id === run.id ? this.view : new RunView(run.id, run);
      this.detail = null;
      this.adopt(known, true);
      // Steps may have ended before the answer came; what was said of them stays.
      if (!this.narrator.told(run.id)) say('The run has started.');
    } catch (err) {
      this.refused(err);
    } finally {
      this.starting = false;
      this.buttons();
    }
  }

  // The key makes a repeated call start one run only, so a lost answer is no risk.
  private async execute(saved: boolean, only: string[], mode: RunMode, fresh: boolean): Promise<{ runId: string; run: RunDetail }> {
    const { workflow, canvas } = this.env, doc = canvas.store.doc();
    const body = {
      workflowId: workflow, source: 'editor',
      ...(saved ? {} : { nodes: doc.nodes, edges: doc.edges }),
      ...(only.length ? { scope: 'partial', nodeIds: only, mode } : {}),
      ...(fresh ? { cache: false } : {}),
    };
    const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
    const go = () => call<{ runId: string; run: RunDetail }>('POST', '/api/execute', { body, headers: { 'Idempotency-Key': key } });
    try {
      return await go();
    } catch (err) {
      if (!(err instanceof ApiError) || err.status !== 0) throw err;
      await new Promise((ok) => setTimeout(ok, 800));
      return go();
    }
  }

  private refused(err: unknown) {
    if (!(err instanceof ApiError) || err.status !== 422) return report(err, 'The run could not be started.');
    this.view = null;
    this.detail = null;
    this.env.canvas.clearStatuses();
    this.accused.clear();
    for (const p of err.problems) {
      if (!p.nodeId || this.accused.has(p.nodeId)) continue;
      this.accused.add(p.nodeId);
      this.env.canvas.setStatus(p.nodeId, { status: 'failed', error: p.message });
    }
    this.env.panel.refuse(err);
    openPanel();
    say(`${err.message} ${err.problems.length ? `${err.problems.length} ${err.problems.length === 1 ? 'problem' : 'problems'}, listed in the run panel.` : ''}`);
    this.env.moved();
  }

  /** edited takes the blame off steps that were changed since the run was refused. */
  edited({ changes }: DocChange) {
    if (!this.accused.size) return;
    const ends = changes.edges.flatMap((e) => [e.before?.source, e.before?.target, e.after?.source, e.after?.target]);
    for (const id of [...changes.nodes.map((n) => n.id), ...ends]) {
      if (id !== undefined && this.accused.delete(id)) this.env.canvas.setStatus(id, { status: 'idle' });
    }
  }

  /** stop asks the server to end the run. */
  async stop(): Promise<void> {
    const id = this.view?.head.id;
    if (!id || !this.busy || this.stopping) return;
    this.stopping = true;
    this.buttons();
    try {
      const { run } = await call<{ run: RunDetail }>('POST', `/api/runs/${encodeURIComponent(id)}/cancel`);
      if (this.view?.head.id === id && isFinal(run.status)) this.refresh(run);
    } catch (err) {
      if (err instanceof ApiError && err.status === 409) await this.load(); // it ended by itself
      else report(err, 'The run could not be stopped.');
      this.stopping = false;
      this.buttons();
    }
  }

  /** busy reports whether the shown run has not ended. */
  get busy(): boolean {
    return this.view !== null && !this.view.done;
  }

  // ---- following

  private frame(f: Frame) {
    this.heard = Date.now();
    if (f.at) this.skew = Math.min(this.skew, Date.now() - Date.parse(f.at));
    if (this.view?.head.id !== f.runId && !this.isNext(f)) return;
    if (this.view?.head.id !== f.runId) {
      this.detail = null;
      const view = new RunView(f.runId);
      view.apply(f);
      return this.adopt(view, true);
    }
    this.changed(this.view, this.view.apply(f));
  }

  // Ids sort by time: a run started elsewhere is shown from its beginning when it is newer and nothing runs here.
  private isNext(f: Frame): boolean {
    return (f.type === 'snapshot' || f.seq === 1) && !this.busy && f.runId > (this.view?.head.id ?? '');
  }

  private changed(v: RunView, what: ReturnType<RunView['apply']>) {
    if (what === null) return;
    if (what === 'all') return this.adopt(v, true);
    if (what === 'run') this.head(v);
    if (typeof what === 'object') this.heardOf(v, what.node);
    this.env.panel.update(what === 'run');
    this.env.moved(typeof what === 'object' ? what.node : undefined);
  }

  private heardOf(v: RunView, id: string) {
    this.push(v, id);
    const status = v.nodes.get(id)?.status;
    if (status === 'running') this.env.at(id);
    if (status) this.narrator.node(v.head.id, id, status);
  }

  private push(v: RunView, id: string) {
    const n = v.nodes.get(id), node = this.env.canvas.store.node(id);
    if (n && node) this.env.canvas.setStatus(id, stateOf(n, this.env.specs.get(node.type ?? '')));
  }

  private adopt(v: RunView, live: boolean) {
    this.view = v;
    this.accused.clear();
    this.env.canvas.clearStatuses();
    for (const id of v.nodes.keys()) this.push(v, id);
    this.env.panel.show(v);
    if (live || !v.done) this.head(v);
    this.buttons();
    this.env.moved();
  }

  private head(v: RunView) {
    this.env.title.show(v.head.status);
    if (v.done) this.stopping = false;
    this.buttons();
    if (!v.done) return;
    say(ending(v));
    if (['failed', 'partial'].includes(v.head.status)) openPanel();
    this.stale = true;
    void this.load();
  }

  private buttons() {
    const had = [this.runButton, this.stopButton].includes(document.activeElement as HTMLButtonElement);
    this.runButton.hidden = this.busy;
    this.stopButton.hidden = !this.busy;
    // aria-disabled: a disabled button would lose the focus.
    this.runButton.setAttribute('aria-disabled', String(this.starting));
    this.stopButton.setAttribute('aria-disabled', String(this.stopping));
    if (had) (this.busy ? this.stopButton : this.runButton).focus();
    document.dispatchEvent(new CustomEvent('heddle:busy', { detail: this.busy }));
  }

  // ---- whole results, and what the socket may have missed

  /** result returns what a step gave in the shown run, whole; undefined when it has not ended there. */
  async result(id: string): Promise<NodeResult | undefined> {
    const shown = this.view?.nodes.get(id);
    if (!shown || !isFinal(shown.status)) return undefined;
    const find = () => (this.detail?.id === this.view?.head.id ? this.detail?.nodeResults?.filter((r) => r.nodeId === id && !r.iteration && isFinal(r.status)).at(-1) : undefined);
    if (!find()) await this.load();
    return find();
  }

  /** load fetches the shown run with its whole inputs and outputs; calls at the same time share one request. */
  load(): Promise<void> {
    return (this.fetching ??= this.fetch().finally(() => { this.fetching = null; }));
  }

  private async fetch(): Promise<void> {
    const id = this.view?.head.id;
    if (!id) return;
    const before = this.view?.seq;
    try {
      const { run } = await call<{ run: RunDetail }>('GET', `/api/runs/${encodeURIComponent(id)}`);
      if (this.view?.head.id !== id) return;
      this.detail = run;
      this.heard = Date.now();
      this.stale = false;
      if (!this.view.done && (isFinal(run.status) || this.view.seq === before)) this.refresh(run);
      this.env.moved();
    } catch (err) {
      if (err instanceof ApiError && err.temporary) return; // asked again by the next look
      report(err, 'The results of the run could not be loaded.');
    }
  }

  private refresh(run: RunDetail) {
    const old = this.view, next = fromDetail(run);
    next.seq = old?.seq ?? 0;
    for (const [id, n] of old?.nodes ?? []) {
      const now = next.nodes.get(id);
      if (!now) next.nodes.set(id, n);
      else if (n.streamed && !isFinal(now.status)) now.streamed = n.streamed;
    }
    this.detail = run;
    this.adopt(next, true);
  }

  // Where sockets do not get through, the run is asked for now and then.
  private look() {
    const silence = this.up ? SILENCE : SILENCE_DOWN;
    if ((this.busy && Date.now() - this.heard > silence) || this.stale) void this.load();
  }

  private connection(c: Connection) {
    this.up = c.up;
    if (c.signedOut) return showBanner('live', 'You are signed out, so live updates have stopped.', [{ label: 'Sign in', href: '/signin', perform: () => undefined }]);
    if (!c.up) {
      this.lost ??= setTimeout(() => showBanner('live', 'Live updates are interrupted. Trying to reconnect; runs go on meanwhile.'), 2500);
      return;
    }
    clearTimeout(this.lost);
    this.lost = undefined;
    hideBanner('live');
  }
}

function openPanel() {
  document.dispatchEvent(new CustomEvent('heddle:panel', { detail: { id: 'run-panel', open: true } }));
}

function ending(v: RunView): string {
  const { status, successNodes = 0, failedNodes = 0, totalNodes = v.nodes.size, error } = v.head;
  if (status === 'success') return `The run succeeded: ${successNodes} of ${totalNodes} steps.`;
  if (status === 'canceled') return 'The run was stopped.';
  return `The run ended with ${failedNodes} failed ${failedNodes === 1 ? 'step' : 'steps'}. ${error ?? ''}`.trim();
}
