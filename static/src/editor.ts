// The editor page: the canvas with everything around it.
import { labelOf, mount, type Action, type Canvas, type DocChange, type GraphDoc, type Spec } from './canvas/main';
import { same } from './canvas/diff';
import { onAnswer } from './editor/approval';
import { editorCommands } from './editor/commands';
import { exportPNG, exportSVG } from './editor/export';
import { Forecaster } from './editor/forecast';
import { followButton } from './editor/following';
import { Inspector } from './editor/inspector';
import { Intake } from './editor/intake';
import { Journal, type Storage } from './editor/journal';
import { decode } from './editor/json';
import { startKeys } from './editor/keys';
import { Launcher } from './editor/launcher';
import { EditorMenu } from './editor/menu';
import { Outline } from './editor/outline';
import { Palette } from './editor/palette';
import type { RunMode } from './editor/parts';
import { togglePins } from './editor/pins';
import { stepsIn } from './canvas/commands/part';
import { Results } from './editor/results';
import { Runner } from './editor/run';
import { RunPanel } from './editor/runpanel';
import { Saving, type Left, type Opened } from './editor/saving';
import { say, toast } from './editor/say';
import { Title } from './editor/title';
import type { RunDetail } from './live/reducer';

function block<T>(id: string): T {
  return decode(document.getElementById(id)?.textContent || 'null') as T;
}

function opened(): Opened {
  const { id, name, version, ...doc } = block<GraphDoc & { id: string; name: string; version: number }>('doc');
  return { id, name, version, doc: { nodes: doc.nodes ?? [], edges: doc.edges ?? [] } };
}

function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** claim holds the page's name as long as it lives, so that other pages know its draft is not left behind. */
function claim(name: string) {
  void navigator.locks?.request(name, () => new Promise(() => undefined));
}

async function isAlive(name: string): Promise<boolean> {
  if (!navigator.locks) return false;
  return navigator.locks.request(name, { ifAvailable: true }, (lock) => lock === null);
}

/** leftBehind returns the newest draft of a page that is gone, if it says something the server does not know. */
async function leftBehind(journal: Journal, o: Opened): Promise<Left | null> {
  for (const left of journal.left()) {
    if (await isAlive(left.key)) continue;
    const { draft } = left;
    if (draft.name.trim() !== o.name || !same(draft.doc.nodes, o.doc.nodes) || !same(draft.doc.edges, o.doc.edges)) return left;
    journal.drop(left.key);
  }
  return null;
}

function undoButtons(canvas: Canvas): () => void {
  const undo = document.getElementById('btn-undo') as HTMLButtonElement | null;
  const redo = document.getElementById('btn-redo') as HTMLButtonElement | null;
  undo?.addEventListener('click', () => canvas.actions.run('undo'));
  redo?.addEventListener('click', () => canvas.actions.run('redo'));
  return () => {
    const { canUndo, canRedo, undoLabel, redoLabel } = canvas.store;
    describe(undo, canUndo, canUndo ? `Undo: ${undoLabel}` : 'Undo');
    describe(redo, canRedo, canRedo ? `Redo: ${redoLabel}` : 'Redo');
  };
}

// aria-disabled instead of disabled: a button that loses its use keeps the focus.
function describe(b: HTMLButtonElement | null, can: boolean, title: string) {
  if (!b) return;
  b.setAttribute('aria-disabled', String(!can));
  b.title = title;
}

/** linked returns the step that the address names, as in "#node=n_1". */
function linked(): string {
  const m = /^#node=(.+)$/.exec(location.hash);
  if (!m) return '';
  try {
    return decodeURIComponent(m[1]!);
  } catch {
    return '';
  }
}

class Editor {
  readonly canvas: Canvas;
  private readonly byType: Map<string, Spec>;
  private readonly name = document.getElementById('wf-name') as HTMLInputElement;
  private readonly saving: Saving;
  private readonly runner: Runner;
  private readonly inspector: Inspector;
  private readonly forecast: Forecaster;
  private readonly outline: Outline;
  private readonly buttons: () => void;

  constructor(private readonly o: Opened, specs: Spec[], journal: Journal, left: Left | null) {
    if (left) this.name.value = left.draft.name;
    this.byType = new Map(specs.map((s) => [s.type, s]));
    const canvas = this.mounted(specs, left?.draft.doc ?? o.doc);
    // Where the outline stands in for the canvas, it gets the focus too.
    this.canvas = { ...canvas, focus: () => (this.outline?.standsIn ? this.outline.focus() : canvas.focus()) };
    this.saving = new Saving(o, () => this.canvas, journal);
    const results = new Results(() => this.runner, (id) => this.label(id));
    this.runner = this.running(results);
    this.inspector = new Inspector({ workflow: o.id, canvas: this.canvas, specs: this.byType, results, run: (ids, mode) => void this.runner.start(ids, mode), stop: () => void this.runner.stop() });
    this.outline = new Outline({ canvas: this.canvas, say, run: (ids) => void this.runner.start(ids) });
    this.forecast = new Forecaster({ workflow: o.id, canvas: this.canvas, ran: () => this.runner.view?.done ?? false, label: (id) => this.label(id), go: (id) => this.go(id), all: () => void this.runner.startFresh() });
    this.buttons = undoButtons(this.canvas);
    this.listen();
    this.runner.open(block<RunDetail | null>('last-run'));
    this.forecast.changed();
    if (left) this.saving.restored(left);
    this.follow();
  }

  private mounted(specs: Spec[], doc: GraphDoc): Canvas {
    const host = document.getElementById('canvas')!, { o } = this;
    const intake = new Intake(host, () => this.canvas);
    return mount(host, {
      doc, specs, say, storageKey: `heddle-view:${o.id}`,
      settingsKey: `heddle-editor:${document.body.dataset.user ?? ''}`,
      onFiles: (files, at) => void intake.take(files, at),
      actions: this.actions(),
      onChange: (c) => this.changed(c),
      onSelect: (s) => {
        this.inspector?.select(s);
        this.outline?.select(s);
      },
      onOpenInspector: (id) => this.inspector.open(id),
    });
  }

  private actions(): Action[] {
    const { o } = this, picture = { canvas: () => this.canvas, name: () => this.name.value.trim() };
    const saved = async (then: () => void) => { if (await this.saving.saver.flush()) then(); else toast('The changes could not be saved, so this page stays open.', { fail: true }); };
    const launcher = new Launcher({ canvas: () => this.canvas, specs: this.byType, workflow: o.id, go: (id) => { this.go(id); this.canvas.goTo(id); }, leave: (path) => void saved(() => location.assign(path)) });
    return editorCommands({
      save: () => void this.saving.save(), palette: () => launcher.open(),
      png: () => void exportPNG(picture), svg: () => void exportSVG(picture),
      json: () => void saved(() => location.assign(`/workflows/${o.id}/export`)),
      hasSteps: () => this.canvas.store.doc().nodes.length > 0,
    });
  }

  private running(results: Results): Runner {
    const panel = new RunPanel({ label: (id) => this.label(id), place: (id) => this.place(id), pick: (id) => this.go(id), pickEdge: (id) => this.goEdge(id), now: () => this.runner.now() });
    return new Runner({
      workflow: this.o.id, canvas: this.canvas, specs: this.byType, panel, title: new Title(() => this.name.value.trim()), label: (id) => this.label(id),
      at: (id) => this.canvas.follow.at(id), save: () => this.saving.saver.flush(), moved: (n) => this.moved(results, n),
    });
  }

  private listen() {
    const picked = () => this.canvas.selection().nodes;
    this.buttons();
    new Palette(this.canvas);
    new EditorMenu(this.canvas.actions);
    followButton(this.canvas.follow, say);
    onAnswer(() => this.runner.view?.head.id);
    startKeys({ canvas: this.canvas, save: () => void this.saving.save(), run: () => void this.runner.start(), runSelection: () => this.runPart('only', picked()), runFrom: () => this.runPart('from', picked()) });
    document.addEventListener('heddle:part', (e) => { const { mode, nodes } = (e as CustomEvent<{ mode: RunMode | 'all'; nodes: string[] }>).detail; this.runPart(mode, nodes); });
    document.addEventListener('heddle:pin', (e) => void togglePins({ canvas: this.canvas, say, result: (id) => this.runner.result(id) }, (e as CustomEvent<string[]>).detail));
    addEventListener('hashchange', () => this.follow());
  }

  private moved(results: Results, node?: string) {
    results.moved(node);
    this.outline?.marked();
  }

  private changed(c: DocChange) {
    this.outline?.changed();
    this.places = null;
    this.saving?.saver.changed();
    this.inspector?.changed(c);
    this.runner?.edited(c);
    this.forecast?.changed();
    // The history is written after the change is told.
    queueMicrotask(() => this.buttons?.());
  }

  private runPart(mode: RunMode | 'all', picked: string[]) {
    const nodes = stepsIn(this.canvas.board, picked);
    if (mode === 'all') void this.runner.start();
    else if (nodes.length) void this.runner.start(nodes, mode);
    else say('Select the steps to run first.');
  }

  private label(id: string): string {
    const node = this.canvas.store.node(id);
    return node ? labelOf(node) : id;
  }

  private places: Map<string, number> | null = null;

  private place(id: string): number {
    this.places ??= new Map(this.canvas.store.doc().nodes.map((n, i) => [n?.id, i]));
    return this.places.get(id) ?? Infinity;
  }

  private go(id: string) {
    if (!this.canvas.store.node(id)) return say('This step is no longer in the workflow.');
    this.canvas.reveal(id);
    const { graph, view } = this.canvas.board;
    if (view.blocks()) view.fit(graph.box(graph.at(id)));
    this.canvas.focus();
  }

  private goEdge(id: string) {
    const edge = this.canvas.store.edge(id);
    if (!edge) return say('This connection is no longer in the workflow.');
    this.canvas.reveal(edge.target);
    this.canvas.select([], [id]);
    this.canvas.focus();
  }

  // A link shows its step in the middle, at a readable size.
  private follow() {
    const id = linked(), { graph, view } = this.canvas.board, i = graph.at(id);
    if (!id) return;
    this.go(id);
    if (i >= 0) view.fit(graph.box(i));
  }
}

async function start() {
  if (!document.getElementById('canvas') || !document.getElementById('doc')) return;
  const o = opened();
  const page = Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, '0')).join('');
  const journal = new Journal(storage(), o.id, page);
  claim(journal.name);
  new Editor(o, block<Spec[] | null>('kinds') ?? [], journal, await leftBehind(journal, o));
}

void start();
