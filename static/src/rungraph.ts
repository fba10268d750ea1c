// The page of a run on the canvas: what ran, as it ran, for looking only. A run at
// work is followed live.
import { labelOf, mount, type Canvas, type GraphDoc, type Spec } from './canvas/main';
import { onAnswer } from './editor/approval';
import { ApiError, call } from './editor/api';
import { followButton } from './editor/following';
import { decode } from './editor/json';
import { Outline } from './editor/outline';
import { Results } from './editor/results';
import { RunPanel } from './editor/runpanel';
import { report, say } from './editor/say';
import { settingsOf } from './editor/settingsof';
import { stateOf } from './editor/state';
import { Title } from './editor/title';
import { isFinal, type Frame } from './live/frames';
import { fromDetail, type RunDetail, type RunView } from './live/reducer';
import { subscribe } from './live/socket';

type Ran = RunDetail & GraphDoc & { workflowName?: string };

const TYPES = ['snapshot', 'run.status', 'node.status', 'node.delta', 'log'] as const;
// A run at work is asked for when it has been silent this long, in milliseconds.
const SILENCE = 5000;

function block<T>(id: string): T {
  return decode(document.getElementById(id)?.textContent || 'null') as T;
}

class RunGraph {
  view: RunView;
  detail: RunDetail | null;
  private readonly canvas: Canvas;
  private readonly kinds: Map<string, Spec>;
  private readonly results = new Results(() => this, (id) => this.label(id));
  private readonly panel: RunPanel;
  private readonly outline: Outline;
  private readonly title = new Title(() => document.getElementById('run-name')?.textContent ?? '');
  private readonly places: Map<string, number>;
  private heard = Date.now();
  private fetching: Promise<void> | null = null;

  constructor(run: Ran, specs: Spec[]) {
    this.detail = run;
    this.view = fromDetail(run);
    this.kinds = new Map(specs.map((s) => [s.type, s]));
    this.canvas = this.mounted({ nodes: run.nodes ?? [], edges: run.edges ?? [] }, specs);
    this.places = new Map(this.canvas.store.doc().nodes.map((n, i) => [n?.id, i]));
    this.outline = new Outline({ canvas: this.canvas, say, run: () => undefined });
    this.panel = new RunPanel({ ended: 'Run', label: (id) => this.label(id), place: (id) => this.places.get(id) ?? Infinity, pick: (id) => this.go(id), pickEdge: () => undefined, now: () => Date.now() });
    followButton(this.canvas.follow, say);
    onAnswer(() => this.view.head.id);
    this.show();
    this.settings();
    this.follow();
    if (!this.view.done) this.listen();
    addEventListener('hashchange', () => this.follow());
  }

  private mounted(doc: GraphDoc, specs: Spec[]): Canvas {
    return mount(document.getElementById('canvas')!, {
      doc, specs, say, readOnly: true, storageKey: `heddle-view:${this.view.head.id}`,
      settingsKey: `heddle-editor:${document.body.dataset.user ?? ''}`,
      onChange: () => undefined,
      onSelect: (s) => {
        this.outline?.select(s);
        this.results.select(s.nodes.length === 1 ? s.nodes[0]! : null);
        if (this.canvas) this.settings();
      },
      onOpenInspector: () => {
        document.dispatchEvent(new CustomEvent('heddle:panel', { detail: { id: 'inspector', open: true } }));
        document.querySelector<HTMLElement>('#inspector [role=tab][aria-selected=true]')?.focus();
      },
    });
  }

  // ---- the run

  private listen() {
    for (const t of TYPES) document.addEventListener(`heddle:${t}`, (e) => this.frame((e as CustomEvent<Frame>).detail));
    subscribe({ runId: this.view.head.id });
    const timer = setInterval(() => {
      if (this.view.done) clearInterval(timer);
      else if (Date.now() - this.heard > SILENCE) void this.load();
    }, SILENCE / 2);
  }

  private frame(f: Frame) {
    if (f.runId !== this.view.head.id) return;
    this.heard = Date.now();
    const what = this.view.apply(f);
    if (what === null) return;
    if (what === 'all') return this.show();
    if (typeof what === 'object') this.push(what.node);
    if (what === 'run') this.head();
    this.panel.update(what === 'run');
    this.results.moved(typeof what === 'object' ? what.node : undefined);
    this.outline.marked();
  }

  private show() {
    this.canvas.clearStatuses();
    for (const id of this.view.nodes.keys()) this.push(id);
    this.panel.show(this.view);
    this.title.show(this.view.head.status);
    this.results.moved();
    this.outline.marked();
  }

  private head() {
    this.title.show(this.view.head.status);
    if (!this.view.done) return;
    say(`The run ended: ${this.view.head.status}.`);
    void this.load();
  }

  private push(id: string) {
    const n = this.view.nodes.get(id), node = this.canvas.store.node(id);
    if (!n || !node) return;
    this.canvas.setStatus(id, stateOf(n, this.kinds.get(node.type ?? '')));
    if (n.status === 'running') this.canvas.follow.at(id);
  }

  /** load fetches the run with its whole inputs and outputs; calls at the same time share one request. */
  load(): Promise<void> {
    return (this.fetching ??= this.fetch().finally(() => { this.fetching = null; }));
  }

  private async fetch(): Promise<void> {
    try {
      const { run } = await call<{ run: RunDetail }>('GET', `/api/runs/${encodeURIComponent(this.view.head.id)}`);
      this.heard = Date.now();
      this.detail = run;
      if (isFinal(run.status) && !this.view.done) {
        const seq = this.view.seq;
        this.view = fromDetail(run);
        this.view.seq = seq;
        this.show();
      }
      this.results.moved();
    } catch (err) {
      if (!(err instanceof ApiError && err.temporary)) report(err, 'The results of the run could not be loaded.');
    }
  }

  // ---- the steps

  private settings() {
    const { nodes } = this.canvas.selection(), node = nodes.length === 1 ? this.canvas.store.node(nodes[0]!) : undefined;
    document.getElementById('insp-settings')?.replaceChildren(settingsOf(node, this.kinds.get(node?.type ?? '')));
    const editor = document.getElementById('open-editor') as HTMLAnchorElement | null;
    if (editor) editor.hash = node ? `#node=${encodeURIComponent(node.id)}` : '';
  }

  private label(id: string): string {
    const node = this.canvas.store.node(id);
    return node ? labelOf(node) : id;
  }

  private go(id: string) {
    if (!this.canvas.store.node(id)) return;
    this.canvas.goTo(id);
    if (this.outline.standsIn) this.outline.focus();
    else this.canvas.focus();
  }

  // A link shows its step in the middle, at a readable size.
  private follow() {
    const m = /^#node=(.+)$/.exec(location.hash);
    if (!m) return;
    try {
      this.go(decodeURIComponent(m[1]!));
    } catch {
      // An address that is no text names no step.
    }
  }
}

const ran = block<Ran | null>('run');
if (ran && document.getElementById('canvas')) new RunGraph(ran, block<Spec[] | null>('kinds') ?? []);
