// The panel on the right: the settings of the selected step as the server draws
// them, bound to the document; what the step gave and said in the last run.
import htmx from 'htmx.org';
import { make } from '../canvas/dom';
import { labelOf, type Canvas, type DocChange, type Selection, type Spec } from '../canvas/main';
import { explain, fragment } from './api';
import { Form } from './form';
import { Large } from './large';
import { Models } from './models';
import { written } from '../canvas/keys';
import { PartButtons, type RunMode } from './parts';
import { connectedPorts, formKey, sourcesOf } from './ports';
import type { Results } from './results';

/** What the inspector needs around it. */
export interface InspectorEnv {
  workflow: string;
  canvas: Canvas;
  specs: Map<string, Spec>;
  results: Results;
  run(nodes: string[], mode: RunMode): void;
  stop(): void;
}

const PAUSE = 60;
const TYPING = 250;

/** Inspector shows the selection. */
export class Inspector {
  private readonly host = document.getElementById('insp-settings')!;
  private readonly slot = make('div', 'ed-form');
  private readonly foot = make('div', 'ed-form__foot');
  private readonly form: Form;
  private readonly models: Models;
  private readonly large: Large;
  private readonly parts: PartButtons;
  private shown = '';
  private key = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | null = null;
  private focusFirst = false;

  constructor(private readonly env: InspectorEnv) {
    // The picker hears Escape before the form: it closes its list first.
    this.models = new Models(this.slot, { pick: (key, model, provider) => this.form.put({ ...(this.slot.querySelector('[data-key="provider"]') ? { provider } : {}), [key]: model }, 'Choose model') });
    this.form = new Form(this.slot, env.canvas, env.specs);
    this.large = new Large(this.slot, () => this.label(this.form.node));
    this.parts = new PartButtons({ run: (mode) => env.run(env.canvas.selection().nodes, mode), stop: () => env.stop() });
    this.host.addEventListener('click', (e) => this.follow(e));
    this.select(env.canvas.selection());
  }

  /** select shows what is selected. */
  select({ nodes, edges }: Selection) {
    this.env.results.select(nodes.length === 1 ? nodes[0]! : null);
    const drawn = nodes.length === 1 ? this.drawn(nodes[0]!) : '';
    if (nodes.length === 1 && !drawn) return this.node(nodes[0]!);
    this.stop();
    this.shown = '';
    this.key = '';
    if (nodes.length > 1) this.several(nodes);
    else if (drawn) this.say(drawn);
    else if (edges.length) this.connection(edges);
    else this.say('Select a step to see its settings.');
  }

  /** changed follows the document: the values in the form, or the form itself. */
  changed(c: DocChange) {
    if (!this.shown) {
      if (c.origin !== 'edit') this.select(this.env.canvas.selection());
      return;
    }
    if (!this.env.canvas.store.node(this.shown)) return;
    this.form.sync();
    this.ask(TYPING);
  }

  /** open shows a step with the focus in its first field. */
  open(id: string) {
    document.dispatchEvent(new CustomEvent('heddle:panel', { detail: { id: 'inspector', open: true } }));
    document.getElementById('tab-settings')?.click();
    this.focusFirst = true;
    if (this.shown === id && this.form.node === id) this.landed();
    else this.node(id);
  }

  private node(id: string) {
    if (this.shown === id && this.slot.isConnected) return;
    this.shown = id;
    this.key = '';
    this.parts.count(1);
    this.foot.append(this.parts.el);
    if (!this.slot.isConnected) this.host.replaceChildren(this.slot, this.foot);
    this.foot.hidden = this.form.node === '';
    this.ask(PAUSE);
  }

  private ask(ms: number) {
    if (this.keyNow() === this.key) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), ms);
  }

  private keyNow(): string {
    const { canvas, specs } = this.env, node = canvas.store.node(this.shown);
    if (!node) return '';
    const spec = specs.get(node.type ?? '');
    return formKey(node, sourcesOf(canvas, node, spec), connectedPorts(canvas, node, spec));
  }

  private async load() {
    const { canvas, specs, workflow } = this.env, node = canvas.store.node(this.shown);
    if (!node) return;
    this.stop();
    const asking = (this.asking = new AbortController()), key = this.keyNow();
    const spec = specs.get(node.type ?? ''), fresh = this.form.node !== node.id;
    if (fresh) this.slot.setAttribute('aria-busy', 'true');
    try {
      const connected = connectedPorts(canvas, node, spec), sources = sourcesOf(canvas, node, spec);
      const html = await fragment('POST', `/workflows/${encodeURIComponent(workflow)}/inspector`, { body: { node, connected, sources }, signal: asking.signal, timeout: 15_000 });
      if (asking.signal.aborted) return;
      this.key = key;
      await this.swap(html, node.id);
    } catch (err) {
      // A form that is there stays: it can be filled in without the server's word.
      if (!asking.signal.aborted && fresh) this.failed(err);
    } finally {
      if (this.asking === asking) this.slot.removeAttribute('aria-busy');
    }
  }

  // The same step is morphed, so that focus and half-typed text stay. Another step
  // starts empty; a plain swap would animate by style attributes, which the
  // content security policy forbids.
  private async swap(text: string, id: string) {
    if (this.form.node !== id) this.slot.replaceChildren();
    await htmx.swap({ text, target: this.slot, sourceElement: this.slot, swap: 'innerMorph', transition: false });
    this.foot.hidden = false;
    this.form.bind(id);
    this.models.bound();
    this.large.bound();
    if (this.keyNow() !== this.key) this.ask(TYPING);
    if (this.focusFirst) this.landed();
  }

  private landed() {
    this.focusFirst = false;
    const field = this.slot.querySelector<HTMLElement>('[data-key]:not([data-key="label"]):not(:disabled):not([type="hidden"])') ?? this.slot.querySelector<HTMLElement>('[data-key]');
    field?.focus();
  }

  private failed(err: unknown) {
    const again = make('button', 'btn btn--sm', { type: 'button' }, 'Try again');
    const retry = () => { this.key = ''; this.ask(0); };
    again.addEventListener('click', retry);
    addEventListener('online', () => { if (again.isConnected) retry(); }, { once: true });
    this.form.bind('');
    this.foot.hidden = true;
    this.slot.replaceChildren(make('div', 'insp__none ed-trouble', {}, make('p', '', { role: 'alert' }, `The settings could not be loaded. ${explain(err).text}`), again));
  }

  private stop() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = null;
    this.slot.removeAttribute('aria-busy');
  }

  // A link to a step selects it and gives the focus to the canvas.
  private follow(e: MouseEvent) {
    const id = (e.target as Element).closest<HTMLElement>('[data-goto]')?.dataset.goto;
    if (id === undefined || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    this.env.canvas.reveal(id);
    this.env.canvas.focus();
  }

  private say(text: string) {
    this.host.replaceChildren(make('p', 'insp__none muted small', {}, text));
  }

  // What is only drawn has no settings.
  private drawn(id: string): string {
    const { graph: g } = this.env.canvas.board, i = g.at(id);
    if (g.note[i]) return `A note is for people and does not run. Press Enter to write in it, ${written('Shift+C')} for its colour.`;
    return g.frame[i] ? `A frame holds steps together and does not run itself. Press F2 to name it, ${written('Alt+C')} to collapse it, ${written('Mod+Shift+G')} to take it away.` : '';
  }

  private several(ids: string[]) {
    const { canvas } = this.env, list = make('ul', 'ed-list');
    for (const id of ids.slice(0, 50)) {
      const b = make('button', 'btn btn--sm btn--ghost', { type: 'button' }, this.label(id));
      b.addEventListener('click', () => canvas.reveal(id));
      list.append(make('li', '', {}, b));
    }
    this.parts.count(ids.length);
    const more = ids.length > 50 ? [make('p', 'muted small', {}, `and ${ids.length - 50} more`)] : [];
    this.host.replaceChildren(make('div', 'ed-several', {}, make('h2', '', {}, `${ids.length} steps selected`), this.parts.el, list, ...more));
  }

  private connection(ids: string[]) {
    const edge = this.env.canvas.store.edge(ids[0]!);
    if (ids.length > 1 || !edge) return this.say(`${ids.length} connections selected.`);
    const ends = make('div', 'ed-several', {}, make('h2', '', {}, 'Connection'));
    for (const [word, id, port] of [['From', edge.source, edge.sourceHandle], ['To', edge.target, edge.targetHandle]] as const) {
      const b = make('button', 'btn btn--sm btn--ghost', { type: 'button' }, port ? `${this.label(id)}, ${port}` : this.label(id));
      b.addEventListener('click', () => this.env.canvas.reveal(id));
      ends.append(make('p', 'small', {}, make('span', 'muted', {}, `${word} `), b));
    }
    this.host.replaceChildren(ends);
  }

  private label(id: string): string {
    const node = this.env.canvas.store.node(id);
    return node ? labelOf(node) : id;
  }
}
