// The outline: every step in the order in which it runs, as a tree. It can do
// what the canvas can, and stands in for it where there is no room for a picture.
import { make } from '../canvas/dom';
import { isOn, isPinned, labelOf } from '../canvas/document';
import type { Canvas, Selection } from '../canvas/main';
import { Menu } from '../canvas/menu';
import { connectionName, outline, type Line } from '../canvas/order';
import { lookOf } from '../canvas/status';
import { actsOf, renameStep, type ActsEnv } from './outlineacts';
import { OutlineRows, type Face } from './outlinerows';
import { wordOf } from './pill';

/** Narrow enough that the outline takes the place of the canvas; outline.css says the same. */
const phone = matchMedia('(max-width: 30rem)');

/** What the outline needs around it. */
export interface OutlineEnv { canvas: Canvas; run(ids: string[]): void; say(text: string): void }

/** Outline shows the document as a tree of steps and connections. */
export class Outline {
  private readonly root = document.getElementById('outline')!;
  private readonly host = document.getElementById('outline-lines')!;
  private readonly search = document.getElementById('outline-search') as HTMLInputElement;
  private readonly count = document.getElementById('outline-count')!;
  private readonly rows: OutlineRows;
  private readonly menu: Menu;
  private readonly acts: ActsEnv;
  private readonly folds = { opened: new Set<string>(), closed: new Set<string>() };
  private list: Line[] = [];
  private places = new Map<string, number>();
  private key = '';
  private stale = true;
  private naming: HTMLInputElement | null = null;

  constructor(private readonly env: OutlineEnv) {
    this.rows = new OutlineRows(this.host, { lines: () => this.list, face: (l) => this.face(l), active: () => this.at });
    this.menu = new Menu(this.root.parentElement!, () => this.focus());
    this.acts = { canvas: env.canvas, run: env.run, say: env.say, ask: (label, items) => this.ask(label, items), name: (line) => this.rename(line), pick: (id) => this.pick(id) };
    this.host.append(this.rows.tree);
    this.listen();
    this.select(env.canvas.selection());
  }

  private listen() {
    const { tree } = this.rows;
    tree.addEventListener('keydown', (e) => this.press(e));
    tree.addEventListener('click', (e) => this.click(e));
    tree.addEventListener('dblclick', () => this.perform('Enter'));
    tree.addEventListener('contextmenu', (e) => this.context(e));
    this.search.addEventListener('input', () => this.changed());
    this.search.addEventListener('keydown', (e) => this.searching(e));
    document.getElementById('outline-add')?.addEventListener('click', () => this.perform('n'));
    new ResizeObserver(() => this.rebuild()).observe(this.host);
  }

  /** standsIn reports whether the outline is shown in place of the canvas. */
  get standsIn(): boolean {
    return phone.matches && this.host.clientHeight > 0;
  }

  /** focus puts the focus on the tree. */
  focus() {
    this.rows.tree.focus({ preventScroll: true });
  }

  /** changed follows the document. */
  changed() {
    this.stale = true;
    requestAnimationFrame(() => this.rebuild());
  }

  /** marked follows the states of steps. */
  marked() {
    if (this.host.clientHeight) this.rows.draw();
  }

  /** select follows the selection of the canvas. */
  select(s: Selection) {
    const key = s.nodes.at(-1) ?? (s.edges.length ? this.list.find((l) => l.edge >= 0 && l.key.endsWith(`\n${s.edges.at(-1)}`))?.key : undefined);
    if (key !== undefined && !(s.edges.length && this.key.endsWith(`\n${s.edges.at(-1)}`))) this.key = key;
    this.rebuild();
    if (this.at >= 0 && this.host.clientHeight) this.rows.reveal(this.at);
    else this.marked();
  }

  private get at(): number {
    return this.places.get(this.key) ?? -1;
  }

  private get line(): Line | undefined {
    return this.list[this.at];
  }

  // Nothing is computed while the panel is closed.
  private rebuild() {
    if (!this.host.clientHeight) return;
    if (this.stale) {
      const { graph } = this.env.canvas.board, was = this.at;
      this.stale = false;
      this.list = outline(graph, this.folds, this.search.value);
      this.places = new Map(this.list.map((l, i) => [l.key, i]));
      if (this.at < 0) this.key = this.list[Math.min(Math.max(was, 0), this.list.length - 1)]?.key ?? '';
      const steps = graph.nodes.length;
      this.count.textContent = this.search.value ? `${this.list.length} of ${steps}` : `${steps} ${steps === 1 ? 'step' : 'steps'}`;
    }
    this.rows.draw();
  }

  private face(line: Line): Face {
    const { board, store } = this.env.canvas, g = board.graph, node = g.nodes[line.node]!, s = store.selection();
    if (line.edge >= 0) {
      const edge = g.edges[line.edge], name = edge ? connectionName(g, line.edge, line.node) : '';
      return { name, kind: '', status: 'idle', label: `Connection ${name}`, selected: !!edge && s.edges.includes(edge.id) };
    }
    const name = labelOf(node), kind = g.spec(line.node)?.title ?? (g.frame[line.node] ? 'Frame' : g.note[line.node] ? 'Note' : `Unknown kind ${node.type ?? ''}`);
    const aside = isOn(node, 'disabled') ? 'disabled' : isPinned(node) ? 'pinned' : '';
    const state = board.statuses.of(node.id), status = lookOf(state), why = state?.error ? `: ${state.error.split('\n')[0]}` : '';
    const label = [name, kind, ...(aside ? [aside] : []), status === 'idle' ? 'not run' : wordOf(status) + why].join(', ');
    return { name, kind: [kind === name ? '' : kind, aside].filter(Boolean).join(' · '), status, label, selected: s.nodes.includes(node.id) };
  }

  // ---- moving and choosing

  private go(i: number, mark = true) {
    const line = this.list[Math.min(Math.max(i, 0), this.list.length - 1)];
    if (!line) return;
    this.key = line.key;
    if (mark) this.mark(line);
    this.rows.reveal(this.at);
  }

  private mark(line: Line) {
    const { canvas } = this.env, g = canvas.board.graph;
    if (line.edge >= 0) canvas.select([], [g.edges[line.edge]!.id]);
    else canvas.reveal(g.nodes[line.node]!.id);
  }

  private pick(id: string) {
    this.key = id;
    this.env.canvas.reveal(id);
    this.stale = true;
    this.rebuild();
    this.rows.reveal(Math.max(0, this.at));
    this.focus();
  }

  private toggleMark(line: Line) {
    const { canvas } = this.env, s = canvas.selection(), g = canvas.board.graph;
    const flip = (all: string[], id: string) => (all.includes(id) ? all.filter((x) => x !== id) : [...all, id]);
    if (line.edge >= 0) canvas.select(s.nodes, flip(s.edges, g.edges[line.edge]!.id));
    else canvas.select(flip(s.nodes, g.nodes[line.node]!.id), s.edges);
  }

  private fold(line: Line, open: boolean) {
    const { graph } = this.env.canvas.board, set = graph.frame[line.node] ? this.folds.closed : this.folds.opened;
    if (open === (set === this.folds.opened)) set.add(line.key);
    else set.delete(line.key);
    this.stale = true;
    this.rebuild();
    this.rows.paint();
  }

  private sideways(right: boolean) {
    const { line } = this;
    if (!line) return;
    if (right && line.open) this.go(this.at + 1);
    else if (right && line.open === false) this.fold(line, true);
    else if (!right && line.open) this.fold(line, false);
    else if (!right) for (let i = this.at - 1; i >= 0; i--) if (this.list[i]!.level < line.level) return this.go(i);
  }

  // ---- events

  private press(e: KeyboardEvent) {
    if (e.target !== this.rows.tree) return;
    const page = Math.max(1, Math.floor(this.host.clientHeight / this.rows.high) - 1);
    const to: Record<string, number> = { ArrowDown: this.at + 1, ArrowUp: Math.max(0, this.at - 1), Home: 0, End: this.list.length - 1, PageDown: this.at + page, PageUp: this.at - page };
    const mod = e.ctrlKey || e.metaKey;
    const chord = `${mod ? 'Mod+' : ''}${e.altKey ? 'Alt+' : ''}${e.key.length === 1 ? e.key.toLowerCase() : e.key}`;
    if (e.key in to && !e.altKey) this.go(to[e.key]!, !mod);
    else if (e.key === 'ArrowRight' || e.key === 'ArrowLeft') this.sideways(e.key === 'ArrowRight');
    else if (e.key === ' ' && this.line) this.toggleMark(this.line);
    else if (e.key === 'ContextMenu' || (e.shiftKey && e.key === 'F10')) this.openMenu();
    else if (e.key === 'Escape') this.env.canvas.select([]);
    else if (chord === 'Mod+a') this.env.canvas.actions.run('select-all');
    else if (!this.perform(chord === 'Backspace' ? 'Delete' : chord)) return;
    e.preventDefault();
  }

  private perform(key: string): boolean {
    const act = actsOf(this.acts, this.line).find((a) => a.key === key);
    if (!act) return false;
    if (!act.disabled) act.perform();
    if (key === 'Delete') this.afterDelete();
    return true;
  }

  // The line that moved up into the place is active next.
  private afterDelete() {
    this.stale = true;
    this.rebuild();
    if (this.list.length) this.go(this.at);
    this.focus();
  }

  private click(e: MouseEvent) {
    const el = (e.target as Element).closest<HTMLElement>('.ol'), line = this.list[Number(el?.dataset.at)];
    if (!el || !line || this.naming) return;
    this.focus();
    this.key = line.key;
    const on = e.target as Element;
    if (on.closest('.ol__fold') && line.open !== null) return this.fold(line, !line.open);
    if (on.closest('.ol__more')) return this.menuOf(line);
    if (e.shiftKey || e.ctrlKey || e.metaKey) this.toggleMark(line);
    else this.mark(line);
    this.rows.paint();
  }

  private menuOf(line: Line) {
    this.mark(line);
    this.rows.paint();
    this.openMenu();
  }

  private context(e: MouseEvent) {
    const line = this.list[Number((e.target as Element).closest<HTMLElement>('.ol')?.dataset.at)];
    if (!line) return;
    e.preventDefault();
    this.key = line.key;
    this.menuOf(line);
  }

  private searching(e: KeyboardEvent) {
    if (e.key === 'ArrowDown' || e.key === 'Enter') this.go(0);
    else if (e.key === 'Escape' && this.search.value) {
      this.search.value = '';
      this.changed();
      e.preventDefault();
      return;
    } else if (e.key !== 'Escape') return;
    e.preventDefault();
    this.focus();
  }

  // ---- menus and names

  private openMenu() {
    const { line } = this;
    this.ask(line ? this.face(line).name : 'Outline', actsOf(this.acts, line).map((a) => (a.key === 'Delete' ? { ...a, perform: () => { a.perform(); this.afterDelete(); } } : a)));
  }

  private ask(label: string, items: Parameters<ActsEnv['ask']>[1]) {
    const line = this.rows.el(this.at)?.getBoundingClientRect() ?? this.host.getBoundingClientRect(), main = this.root.parentElement!.getBoundingClientRect();
    this.menu.open(label, items, { x: line.left - main.left + 24, y: line.top - main.top + Math.min(line.height, 40) });
  }

  private rename(line: Line) {
    this.rows.reveal(this.at);
    const { canvas } = this.env, { id } = canvas.board.graph.nodes[line.node]!;
    const field = make('input', 'input ol__rename', { 'aria-label': 'Name of the step', maxlength: '200' });
    field.value = this.face(line).name;
    field.style.transform = `translateY(${this.at * this.rows.high}px)`;
    const end = (keep: boolean) => {
      if (this.naming !== field) return;
      const had = document.activeElement === field;
      this.naming = null;
      if (keep) renameStep(canvas, id, field.value);
      if (had) this.focus();
      field.remove();
    };
    field.addEventListener('keydown', (e) => {
      if (e.key !== 'Enter' && e.key !== 'Escape') return;
      e.preventDefault();
      end(e.key === 'Enter');
    });
    field.addEventListener('blur', () => end(true));
    this.naming = field;
    this.host.append(field);
    field.select();
    field.focus({ preventScroll: true });
  }
}
