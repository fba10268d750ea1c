// Saving on the page: the words beside the name, the Save button and Ctrl+S, the
// name itself, changes that come from elsewhere, drafts, and leaving.
import { same } from '../canvas/diff';
import { labelOf, type Canvas, type GraphDoc } from '../canvas/main';
import { call, explain, type ApiError } from './api';
import { hideBanner, showBanner } from './banner';
import { decide } from './conflict';
import { Journal, type Draft } from './journal';
import { settle, type Conflict, type Merged } from './merge';
import { ago, newsOf } from './news';
import { Peers } from './peers';
import { report, say, toast } from './say';
import { Saver, type Author, type Base, type Patch, type SaveState } from './save';

/** A workflow as the page opens it. */
export interface Opened { id: string; name: string; version: number; doc: GraphDoc }

/** A draft of a page that is gone. */
export interface Left { key: string; draft: Draft }

const words = (s: SaveState): string => {
  switch (s.kind) {
    case 'saved': return 'Saved';
    case 'dirty': return 'Unsaved changes';
    case 'saving': return 'Saving…';
    case 'offline': return 'Offline, will retry';
    case 'failed': return s.retries ? 'Could not save, will retry' : `Could not save: ${s.error.message}`;
    case 'conflict': return `Not saved: ${s.conflicts.length} ${s.conflicts.length === 1 ? 'conflict' : 'conflicts'}`;
  }
};

/** An answer of the API that holds a workflow. */
interface Answer { workflow: { version: number; name: string; nodes: GraphDoc['nodes'] | null; edges: GraphDoc['edges'] | null } }

// A draft without its base: what both have alike is common, everything else is a question or an addition.
function common(draft: GraphDoc, saved: GraphDoc): GraphDoc {
  const shared = <T>(mine: readonly T[], theirs: readonly T[]) => mine.filter((a) => theirs.some((b) => same(a, b)));
  return { nodes: shared(draft.nodes, saved.nodes), edges: shared(draft.edges, saved.edges) };
}

/** Saving ties the saver to the page. */
export class Saving {
  readonly saver: Saver;
  private readonly nameField = document.getElementById('wf-name') as HTMLInputElement;
  private readonly label = document.getElementById('save-state')!;
  private deciding = false;
  private leaving = false;
  private author: Author = { by: '', at: '' };
  private readonly peers: Peers;

  constructor(private readonly opened: Opened, private readonly canvas: () => Canvas, private readonly journal: Journal) {
    this.saver = new Saver({
      doc: () => canvas().store.doc(),
      name: () => this.nameField.value,
      put: (patch, version) => this.put(patch, version),
      fetch: () => this.fetch(),
      idle: () => this.idle(),
      absorb: (m, author) => this.absorb(m, author),
      full: () => showBanner('full', 'The storage of this browser is full: until they are saved, your changes are only on this page.'),
      journal,
      onState: (s) => this.show(s),
      now: () => Date.now(), later: (fn, ms) => setTimeout(fn, ms), forget: (t) => clearTimeout(t as number), random: Math.random,
    }, { version: opened.version, name: opened.name, doc: opened.doc });
    this.peers = new Peers({ workflow: opened.id, heard: (v) => void this.saver.heard(v), ask: async () => (await this.fetch()).version });
    this.listen();
    this.show(this.saver.state);
  }

  /** save saves now and says how it went; it returns whether everything is on the server. */
  async save(): Promise<boolean> {
    const { state } = this.saver;
    if (state.kind === 'conflict') {
      await this.resolve(state.version, state.conflicts);
      return !this.saver.unsaved;
    }
    const done = await this.saver.flush();
    if (done) say('Saved.');
    return done;
  }

  /** restored tells that a draft is on the screen, and lets the user drop it. */
  restored(left: Left) {
    const { draft } = left, saved = this.opened;
    const base = draft.version === saved.version ? saved : draft.base ?? { name: draft.name, doc: common(draft.doc, saved.doc) };
    this.saver.restore({ version: draft.version, name: draft.name, doc: draft.doc }, { version: draft.version, name: base.name, doc: base.doc });
    this.journal.drop(left.key);
    const when = new Date(draft.at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
    showBanner('draft', `Unsaved changes from ${when} were restored.`, [
      { label: 'Keep them', perform: () => hideBanner('draft') },
      { label: 'Discard them', perform: () => this.discard() },
    ]);
  }

  // What the server had when the page was opened comes back; if the draft was
  // saved meanwhile, that becomes a version of its own.
  private discard() {
    const { name, version, doc } = this.opened;
    this.fill({ name, doc });
    if (this.saver.version > version) this.saver.changed();
    else this.saver.rebase({ version, name, doc: this.canvas().store.doc() });
    hideBanner('draft');
    say('The unsaved changes were discarded.');
  }

  private fill({ name, doc }: { name: string; doc: GraphDoc }) {
    this.canvas().replace(doc);
    this.rename(name);
  }

  private get path(): string {
    return `/api/workflows/${encodeURIComponent(this.opened.id)}`;
  }

  private async put(patch: Patch, version: number): Promise<number> {
    const { workflow } = await call<Answer>('PUT', this.path, { body: { ...patch, version }, headers: { 'If-Match': `"${version}"` } });
    document.body.dataset.version = String(workflow.version);
    if (workflow.version > version) this.peers.saved(workflow.version);
    hideBanner('full');
    return workflow.version;
  }

  private async fetch(): Promise<Base> {
    const { workflow: w } = await call<Answer>('GET', this.path, { exact: true });
    return { version: w.version, name: w.name, doc: { nodes: w.nodes ?? [], edges: w.edges ?? [] } };
  }

  // What came from elsewhere does not move steps away under the hand.
  private async idle() {
    while (this.canvas().busy()) await new Promise((ok) => setTimeout(ok, 200));
  }

  private absorb(m: Merged, author: Author) {
    this.author = author;
    const mine = this.nameField.value.trim();
    if (m.name !== mine && document.activeElement !== this.nameField) this.rename(m.name);
    this.canvas().store.absorb(m.nodes, m.edges);
    const news = newsOf(m);
    if (!news || m.conflicts.length) return;
    if (author.by) toast(`Merged changes by ${this.who()}: ${news}.`);
    else say(`Changes from elsewhere came in: ${news}.`);
  }

  private who(): string {
    const { by, at } = this.author, when = ago(at, Date.now());
    return when ? `${by}, ${when}` : by;
  }

  private rename(name: string) {
    this.nameField.value = name;
    this.lastName = name;
    document.dispatchEvent(new CustomEvent('heddle:name'));
  }

  private listen() {
    document.getElementById('btn-save')?.addEventListener('click', () => void this.save());
    this.nameField.addEventListener('input', () => this.nameChanged());
    this.nameField.addEventListener('change', () => this.nameDone());
    this.nameField.addEventListener('keydown', (e) => this.nameKey(e));
    this.label.addEventListener('click', (e) => { if ((e.target as Element).closest('button')) void this.save(); });
    addEventListener('online', () => this.saver.retryNow());
    addEventListener('offline', () => this.saver.keep());
    addEventListener('pagehide', () => this.saver.keep());
    document.addEventListener('visibilitychange', () => this.hidden());
    addEventListener('beforeunload', (e) => this.beforeLeaving(e));
  }

  private hidden() {
    if (!document.hidden) return;
    this.saver.keep();
    if (this.saver.unsaved && this.saver.state.kind === 'dirty') void this.saver.flush();
  }

  private beforeLeaving(e: BeforeUnloadEvent) {
    if (this.leaving || !this.saver.unsaved) return;
    this.saver.keep();
    if (this.saver.state.kind === 'dirty') void this.saver.flush(); // whoever stays finds it saved
    e.preventDefault();
  }

  private nameChanged() {
    const empty = this.nameField.value.trim() === '';
    if (empty) this.nameField.setAttribute('aria-invalid', 'true');
    else this.nameField.removeAttribute('aria-invalid');
    this.saver.changed();
  }

  private nameDone() {
    if (this.nameField.value.trim() === '') {
      this.nameField.value = this.lastName;
      say('A workflow needs a name.');
    }
    this.lastName = this.nameField.value.trim();
    this.nameField.value = this.lastName;
    this.nameField.removeAttribute('aria-invalid');
    document.dispatchEvent(new CustomEvent('heddle:name'));
    void this.saver.flush();
  }

  private lastName = (document.getElementById('wf-name') as HTMLInputElement).value.trim();

  private nameKey(e: KeyboardEvent) {
    if (e.key === 'Escape') {
      this.nameField.value = this.lastName;
      this.nameChanged();
    }
    if (e.key === 'Enter' || e.key === 'Escape') this.canvas().focus();
  }

  private show(s: SaveState) {
    this.label.dataset.state = s.kind;
    const text = words(s);
    if (this.label.firstChild?.textContent !== text) this.label.textContent = text;
    this.label.title = 'error' in s ? explain(s.error).text : '';
    if (s.kind === 'conflict' && !this.label.querySelector('button')) this.label.append(resolveButton());
    if (s.kind === 'offline' || s.kind === 'failed') this.trouble(s.error, s.kind === 'failed' && !s.retries);
    else if (s.kind !== 'saving') hideBanner('save');
    if (s.kind === 'conflict') void this.resolve(s.version, s.conflicts);
  }

  private trouble(error: ApiError, final: boolean) {
    const { text, requestId } = explain(error);
    const id = requestId ? ` (request ${requestId})` : '';
    const again = { label: final ? 'Try again' : 'Try now', perform: () => void this.save() };
    const kept = 'Your changes are kept in this browser';
    if (error.status === 401) return showBanner('save', `You are signed out. ${kept}.`, [{ label: 'Sign in', href: '/signin', perform: () => undefined }, again]);
    if (error.status === 404 || error.status === 403) return showBanner('save', `This workflow can no longer be saved: ${text} ${kept}.${id}`, [{ label: 'Save as a copy', perform: () => void this.copy() }]);
    showBanner('save', final ? `Could not save: ${text} ${kept}.${id}` : `${text} ${kept} and saved as soon as the server answers.${id}`, [again]);
  }

  private async resolve(version: number, conflicts: readonly Conflict[]) {
    if (this.deciding) return;
    this.deciding = true;
    const { store } = this.canvas(), by = this.author.by ? `It was saved by ${this.who()}.` : 'It was saved in another tab or by someone else.';
    const label = (id: string) => { const n = store.node(id); return n ? labelOf(n) : id; };
    const choice = await decide(conflicts, { version, by, label });
    this.deciding = false;
    if (choice?.kind === 'copy') await this.copy();
    if (choice?.kind !== 'sides') return;
    const { diff, name } = settle({ name: this.nameField.value.trim(), ...store.doc() }, conflicts, choice.side);
    store.apply(diff, 'Take their changes');
    if (name !== this.nameField.value.trim()) this.rename(name);
    this.saver.decided();
    if (await this.saver.flush()) say('Saved.');
  }

  private async copy() {
    const doc = this.canvas().store.doc();
    const name = `${this.nameField.value.trim().slice(0, 93)} (copy)`;
    try {
      const { workflow } = await call<{ workflow: { id: string } }>('POST', '/api/workflows', { body: { name, nodes: doc.nodes, edges: doc.edges } });
      this.saver.forget();
      this.leaving = true;
      location.assign(`/workflows/${encodeURIComponent(workflow.id)}`);
    } catch (err) {
      report(err, 'The copy could not be saved.');
    }
  }
}

function resolveButton(): HTMLElement {
  const b = document.createElement('button');
  b.type = 'button';
  b.className = 'btn btn--sm';
  b.textContent = 'Resolve…';
  return b;
}
