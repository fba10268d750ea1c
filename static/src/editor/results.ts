// What a step gave and said in the shown run: the tabs Output and Logs.
import { make } from '../canvas/dom';
import { duration, money } from '../canvas/status';
import { isFinal } from '../live/frames';
import type { NodeResult, NodeView, RunDetail, RunView } from '../live/reducer';
import { call, explain } from './api';
import { askForm } from './approval';
import { lookName, Pill } from './pill';
import { show, text } from './value';

interface Log { seq: number; nodeId: string | null; level: string; message: string; timestamp: string }

/** The run whose results are shown. */
export interface Shown {
  readonly view: RunView | null;
  /** The run with its whole inputs and outputs, as far as they are here. */
  readonly detail: RunDetail | null;
  /** load fetches the whole inputs and outputs. */
  load(): Promise<void>;
}

const PAGE = 1000;
const MOST = 5000;
const SHOWN = 1000;

/** Results fills the two tabs for the selected step. */
export class Results {
  private readonly output = document.getElementById('insp-output')!;
  private readonly logs = document.getElementById('insp-logs')!;
  private node: string | null = null;
  private drawn = '';
  private asked = '';
  private frame = 0;
  private lines: Log[] = [];
  private linesOf = '';
  private asking = false;
  private again = false;

  constructor(private readonly runner: () => Shown, private readonly label: (id: string) => string) {
    // The tabs are switched by the page's own script; this only looks which is open.
    new MutationObserver(() => this.moved()).observe(this.output, { attributeFilter: ['hidden'] });
    new MutationObserver(() => this.moved()).observe(this.logs, { attributeFilter: ['hidden'] });
  }

  /** select shows another step; null shows what belongs to the run as a whole. */
  select(node: string | null) {
    if (node === this.node) return;
    this.node = node;
    this.moved();
  }

  /** moved looks again, with the next frame, when what changed is about the shown step. */
  moved(node?: string) {
    if (node !== undefined && node !== this.node && this.logs.hidden) return;
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.output.hidden) this.showOutput();
      if (!this.logs.hidden) void this.fetchLogs();
    });
  }

  // ---- output

  private showOutput() {
    const { view, detail } = this.runner(), n = this.node ? view?.nodes.get(this.node) : undefined;
    if (!this.node) return this.put('none', empty('Select a step to see what it gave.'));
    if (!view) return this.put('norun', empty('Run the workflow to see what a step gives.'));
    if (!n) return this.put('notin', empty('This step was not part of the run, or its turn has not come.'));
    const whole = detail?.id === view.head.id ? detail.nodeResults?.filter((r) => r.nodeId === this.node).at(-1) : undefined;
    const fits = whole && whole.attempt === (n.attempt ?? whole.attempt) && whole.status === n.status ? whole : undefined;
    const state = `${view.head.id} ${n.nodeId} ${n.status} ${n.attempt ?? 0}`;
    if (!fits && (isFinal(n.status) || n.status === 'waiting') && !view.done && state !== this.asked) {
      this.asked = state;
      void this.runner().load();
    }
    const key = JSON.stringify([view.head.id, n, !!fits]);
    if (key === this.drawn) return;
    if (n.status === 'running' && this.stream(n)) return;
    this.put(key, this.outputOf(n, fits));
  }

  // A text that is being streamed only grows: the element stays, and so does what is selected in it.
  private stream(n: NodeView): boolean {
    const pre = this.output.querySelector<HTMLElement>(`pre[data-live]`);
    if (!pre || pre.dataset.live !== `${n.nodeId} ${n.attempt ?? 0}` || !n.streamed) return false;
    this.output.querySelector('.ed-waiting')?.remove();
    const node = pre.firstChild as Text | null, old = node?.data ?? '';
    if (node && n.streamed.startsWith(old)) node.appendData(n.streamed.slice(old.length));
    else pre.textContent = n.streamed;
    return true;
  }

  private outputOf(n: NodeView, whole: NodeResult | undefined): HTMLElement {
    const pill = new Pill();
    pill.show(lookName(n.status, n.cached));
    const box = make('div', 'ed-results', {}, make('p', 'ed-results__head', {}, pill.el, make('span', 'num muted small', {}, facts(n))));
    if (n.error) box.append(failure(n, this.runner().view?.head.id ?? ''));
    if (n.reason) box.append(make('p', 'muted small', {}, n.reason));
    if (n.status === 'waiting') return this.waits(box, n, whole);
    if (n.meta?.notice) box.append(make('p', 'notice', {}, n.meta.notice));
    if (n.status === 'running') box.append(waiting(n), make('pre', 'out', { 'data-live': `${n.nodeId} ${n.attempt ?? 0}`, tabindex: '0' }, n.streamed ?? ''));
    else box.append(...ports(n.error ? '' : 'Output', whole?.output ?? undefined, n.output));
    if (whole?.inputs && Object.keys(whole.inputs).length) box.append(make('details', 'more', {}, make('summary', '', {}, 'Inputs'), ...ports('', whole.inputs, undefined)));
    const meta = Object.entries(n.meta ?? {}).filter(([k]) => k !== 'notice' && !(k === 'hint' && n.error));
    if (meta.length) box.append(make('dl', 'minifacts small', {}, ...meta.map(([k, v]) => make('div', '', {}, make('dt', 'faint', {}, k), make('dd', '', {}, v)))));
    return box;
  }

  // What arrived is what the question is about.
  private waits(box: HTMLElement, n: NodeView, whole: NodeResult | undefined): HTMLElement {
    const run = this.runner().view?.head.id;
    if (n.meta?.question && run) box.append(askForm(run, n.nodeId, n.meta.question));
    else if (n.meta?.workflowId && run) box.append(make('p', '', {}, make('a', 'btn btn--sm', { href: `/runs/${encodeURIComponent(run)}` }, 'See what it waits for')));
    if (whole?.inputs && Object.keys(whole.inputs).length) box.append(...ports('What arrived', whole.inputs, undefined));
    return box;
  }

  private put(key: string, el: HTMLElement) {
    if (key === this.drawn) return;
    this.drawn = key;
    const open = this.output.querySelector('details')?.open ?? false;
    this.output.replaceChildren(el);
    const details = this.output.querySelector('details');
    if (details) details.open = open;
  }

  // ---- logs

  private async fetchLogs() {
    const { view } = this.runner(), id = view?.head.id;
    if (!id) {
      this.linesOf = '';
      return this.logs.replaceChildren(empty('Run the workflow to see what a step says.'));
    }
    if (id !== this.linesOf) {
      this.linesOf = id;
      this.lines = [];
    }
    this.showLogs();
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      await this.more(id);
    } catch (err) {
      if (this.lines.length) return;
      this.logs.replaceChildren(make('div', 'insp__none ed-trouble', {}, make('p', 'alert', { role: 'alert' }, `The log could not be loaded. ${explain(err).text}`), reference('Reference', explain(err).requestId ?? '')));
    } finally {
      this.asking = false;
    }
    if (this.again) {
      this.again = false;
      setTimeout(() => this.moved(), 500);
    }
  }

  private async more(id: string) {
    for (let full = true; full && this.linesOf === id && this.lines.length < MOST;) {
      const after = this.lines.at(-1)?.seq ?? 0;
      const { logs } = await call<{ logs: Log[] | null }>('GET', `/api/runs/${encodeURIComponent(id)}/logs?after=${after}&limit=${PAGE}`);
      if (this.linesOf !== id) return;
      this.lines.push(...(logs ?? []));
      full = (logs?.length ?? 0) === PAGE;
      if (logs?.length) this.showLogs();
    }
  }

  private showLogs() {
    const lines = this.lines.filter((l) => !this.node || l.nodeId === this.node);
    if (!lines.length) return this.logs.replaceChildren(empty(this.silence()));
    const list = make('ul', 'log ed-log small');
    for (const l of lines.slice(-SHOWN)) list.append(this.line(l));
    const down = this.logs.scrollHeight - this.logs.scrollTop - this.logs.clientHeight < 40;
    this.logs.replaceChildren(list);
    if (down) this.logs.scrollTop = this.logs.scrollHeight;
  }

  private silence(): string {
    const { view } = this.runner(), n = this.node ? view?.nodes.get(this.node) : undefined;
    if (!this.node) return view?.done ? 'The run has said nothing.' : 'The run has said nothing yet.';
    if (!n) return 'This step was not part of the run, or its turn has not come.';
    return isFinal(n.status) ? 'This step has said nothing.' : 'This step is at work and has said nothing yet.';
  }

  private line(l: Log): HTMLElement {
    const at = new Date(l.timestamp);
    const time = make('time', 'num', { datetime: l.timestamp, title: at.toLocaleString() }, at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' }));
    const words = !this.node && l.nodeId ? `${this.label(l.nodeId)}: ${l.message}` : l.message;
    return make('li', '', { 'data-level': l.level }, time, make('span', 'log__level', {}, l.level), make('span', 'log__text', {}, words));
  }
}

const empty = (words: string): HTMLElement => make('p', 'insp__none muted small', {}, words);

// What went wrong, what to do about it, and by what it can be found in the server's log.
function failure(n: NodeView, run: string): HTMLElement {
  const box = make('div', 'alert ed-error', { role: 'note' }, make('p', '', {}, n.error ?? ''));
  if (n.meta?.hint) box.append(make('p', 'ed-error__hint', {}, n.meta.hint));
  box.append(reference('Reference', run));
  return box;
}

function reference(word: string, id: string): HTMLElement | string {
  return id ? make('p', 'ed-error__ref small', {}, `${word} `, make('code', '', {}, id)) : '';
}

const waiting = (n: NodeView): HTMLElement | string => (n.streamed ? '' : make('p', 'muted small ed-waiting', {}, 'At work. What it gives appears here as it comes.'));

function facts(n: NodeView): string {
  const parts: string[] = [];
  if (typeof n.duration === 'number') parts.push(duration(n.duration));
  if (n.usage && n.usage.tokensIn + n.usage.tokensOut) parts.push(`${n.usage.tokensIn.toLocaleString('en')} tokens in, ${n.usage.tokensOut.toLocaleString('en')} out`);
  if (typeof n.usage?.costUsd === 'number') parts.push(money(n.usage.costUsd));
  if ((n.attempt ?? 1) > 1) parts.push(`try ${n.attempt}`);
  return parts.join(' · ');
}

// Whole values when they are here, previews until then.
function ports(title: string, whole: Record<string, unknown> | undefined, previews: Record<string, string> | undefined): HTMLElement[] {
  const out: HTMLElement[] = [];
  const names = Object.keys(whole ?? previews ?? {}).sort();
  if (!names.length) return title ? [make('p', 'muted small', {}, 'It gave nothing.')] : [];
  for (const name of names) {
    const value = whole ? show(whole[name]) : fromPreview(previews![name]!);
    out.push(make('section', 'ed-port', {}, make('h3', 'label mono', {}, name), value));
  }
  return out;
}

function fromPreview(preview: string): HTMLElement {
  if (preview.startsWith('{"$file"')) {
    try {
      return show(JSON.parse(preview));
    } catch {
      return text(preview);
    }
  }
  return text(preview.length >= 600 ? `${preview}…` : preview);
}
