// The wiring between picture, document, keys, clipboard and what lies over them.
import { ActionTable, type Action, type Place } from './actions';
import { addNode } from './add';
import { AskBar } from './askbar';
import type { Board } from './board';
import { titleHit } from './card';
import { firstStepsSheet, ZoomBar } from './chrome';
import { copy, cut, paste, show } from './commands';
import { isControl, isField, make } from './dom';
import type { Point, Selection } from './document';
import { EdgeBar } from './edgebar';
import { Find } from './find';
import { Finder } from './finder';
import type { Graph } from './graph';
import { openHelp } from './help';
import type { DocStore } from './history';
import { insertOn } from './insert';
import { pasteText } from './material';
import { Menu } from './menu';
import { Minimap } from './minimap';
import { writeNote } from './notefield';
import { openPicker } from './picker';
import { rename } from './rename';
import { SelectionBar } from './selectionbar';
import { Settings } from './settings';
import { openSettings } from './settingsdialog';
import type { Spec } from './spec';
import type { DocChange, Notice } from './store';
import { Hand } from './tools/hand';
import type { View } from './view';
import { loadLook, saveLook } from './memory';
import { onWheel } from './wheel';

/** What the page needs of the mount options. */
export interface PageOptions {
  specs: Spec[];
  readOnly?: boolean;
  onChange(change: DocChange): void;
  onSelect(ids: Selection): void;
  say(text: string): void;
  onOpenInspector(nodeId: string): void;
  storageKey?: string;
  /** Takes files that were pasted at a point of the document. */
  onFiles?(files: File[], at: Point | null): void;
  /** Key under which the user's settings are kept. */
  settingsKey?: string;
}

/** Page owns everything of one mounted canvas. */
export class Page {
  readonly board: Board;
  readonly actions: ActionTable;
  private readonly hand: Hand;
  private readonly menu: Menu;
  readonly finder: Finder;
  private readonly find: Find;
  private readonly settings: Settings;
  private readonly bar: ZoomBar;
  private readonly picks: SelectionBar;
  private readonly wires: EdgeBar;
  private readonly asks: AskBar;
  private readonly map: Minimap;
  private readonly off = new AbortController();
  private readonly unsubscribe: () => void;
  private empty: HTMLElement | null = null;
  private naming: { close(): void } | null = null;
  private placed = false;
  private clipboard = '';
  private linked = false;

  constructor(private readonly root: HTMLElement, private readonly view: View, private readonly store: DocStore, private readonly graph: Graph, private readonly o: PageOptions, list: readonly Action[]) {
    this.board = this.makeBoard();
    this.actions = new ActionTable(list, this.board);
    this.settings = new Settings(o.settingsKey ?? 'heddle-editor');
    const bind = () => this.actions.bind(this.settings.get());
    bind();
    this.settings.subscribe(bind);
    this.find = new Find(root, this.board);
    this.hand = new Hand(this.board);
    this.menu = new Menu(root, () => this.view.stage.focus({ preventScroll: true }));
    this.finder = new Finder(root, () => this.view.stage.focus({ preventScroll: true }));
    this.bar = new ZoomBar((id) => this.actions.run(id), (near) => this.levels(near));
    this.picks = new SelectionBar(this.board, this.actions);
    this.wires = new EdgeBar(this.board);
    this.asks = new AskBar(this.board);
    this.map = this.makeMap();
    this.describeStage();
    root.append(this.picks.el, this.wires.el, this.asks.el, this.bar.el, this.map.el);
    this.unsubscribe = store.subscribe((n) => this.hear(n));
    view.beforeFrame = () => this.tick();
    view.onCamera = () => this.turned();
    view.onRest = () => this.rested();
    view.onColours = () => this.map.changed();
    view.onResize = () => this.place();
    this.listen();
    this.emptiness();
    this.place();
  }

  /** destroy takes the canvas away and stops all listening. */
  destroy() {
    this.unsubscribe();
    this.hand.destroy();
    this.menu.close();
    this.finder.close();
    this.find.close();
    this.wires.destroy();
    this.map.destroy();
    this.off.abort();
    this.view.destroy();
    this.root.replaceChildren();
  }

  /** busy reports whether a gesture is in progress or a name is being written. */
  get busy(): boolean {
    return this.hand.busy || this.naming !== null;
  }

  private tick() {
    this.hand.tick();
    this.picks.tick(this.hand.busy);
    this.wires.tick(this.view.over, this.hand.busy);
    this.asks.tick(this.hand.busy);
  }

  private turned() {
    this.bar.show(this.view.cam.z);
    if (this.placed) this.map.moved();
  }

  private rested() {
    this.map.rested();
    if (this.placed) saveLook(this.o.storageKey, this.view.cam);
  }

  private makeMap(): Minimap {
    const { graph, view, settings } = this;
    const map = new Minimap({
      graph, statuses: view.statuses, cam: view.cam, theme: () => view.theme, pin: () => this.board.pinMap(),
      look: (x, y) => view.look(view.cam.width / 2 - x * view.cam.z, view.cam.height / 2 - y * view.cam.z, view.cam.z),
    });
    const pin = () => map.pin(settings.get().minimap);
    pin();
    settings.subscribe(pin);
    return map;
  }

  private pinMap() {
    const on = !this.settings.get().minimap;
    this.settings.set({ minimap: on });
    this.o.say(on ? 'The minimap stays in view.' : 'The minimap comes and goes.');
  }

  private makeBoard(): Board {
    const { store, graph, view, o } = this;
    return {
      store, graph, view, statuses: view.statuses, specs: o.specs, readOnly: !!o.readOnly,
      pointer: () => this.hand.pointer(),
      say: o.say,
      openInspector: (id) => this.openNode(id),
      rename: (id) => this.rename(id),
      openMenu: (at) => this.contextMenu(at),
      openHelp: () => void openHelp(this.root, this.actions, () => this.board.openSettings(), () => view.stage.focus({ preventScroll: true })),
      openFind: () => this.find.show(),
      openSettings: () => void openSettings(this.root, this.actions, this.settings, () => view.stage.focus({ preventScroll: true })),
      pinMap: () => this.pinMap(),
      openPicker: (at, end) => openPicker(this.board, this.finder, { at, end }),
      choose: (label, items, at) => this.menu.open(label, items, at ?? this.atSelection()),
      insertOn: (edge, at) => insertOn(this.board, edge, at),
      cancel: () => this.hand.cancel() || this.menu.close() || this.finder.close() || this.stopNaming(),
      write: (text) => this.write(text),
      read: async () => (await navigator.clipboard?.readText().catch(() => '')) || this.clipboard,
    };
  }

  private describeStage() {
    const hint = make('p', '', { id: 'cv-hint', hidden: '' }, 'Arrow keys move the selected step, Control and arrow keys go from step to step, square brackets follow connections, Enter opens settings, question mark lists all shortcuts.');
    this.root.append(hint);
    this.view.stage.setAttribute('aria-describedby', hint.id);
    this.view.stage.classList.toggle('is-fixed', !!this.o.readOnly);
  }

  // The first opening fits the graph, later ones come back to the last view.
  private place() {
    const { cam } = this.view;
    if (this.placed || cam.width < 50 || cam.height < 50) return;
    this.placed = true;
    const last = loadLook(this.o.storageKey);
    if (last) this.view.look(last.x, last.y, last.z);
    if (last && (this.view.anyInView() || !this.graph.nodes.length)) return;
    this.view.fit(this.view.extent());
  }

  private hear(n: Notice) {
    if (n.kind === 'selection') {
      this.view.marks();
      if (!n.live) {
        this.store.seal();
        this.o.onSelect(n.selection);
      }
      return;
    }
    this.absorb(n.change);
    this.map.changed();
    this.o.onChange(n.change);
  }

  private absorb(c: DocChange) {
    if (c.structural) {
      this.hand.cancel();
      if (this.naming && c.origin !== 'edit' && c.origin !== 'remote') this.stopNaming();
      this.graph.rebuild(this.store.doc());
      this.view.rebuilt();
      this.emptiness();
    } else {
      const ids = c.changes.nodes.map((x) => x.id);
      this.graph.patch(ids, (id) => this.store.node(id));
      this.view.patched(this.withNeighbours(ids));
    }
  }

  // A changed template can make ports come and go, and cards in a frame move with it.
  private withNeighbours(ids: string[]): Set<string> {
    const all = new Set(ids);
    const inner = (i: number) => {
      for (const k of this.graph.children(i)) {
        all.add(this.graph.nodes[k]!.id);
        inner(k);
      }
    };
    for (const id of ids) inner(this.graph.at(id));
    return all;
  }

  private emptiness() {
    const none = this.graph.nodes.length === 0;
    if (none === !!this.empty) return;
    this.empty?.remove();
    this.empty = null;
    if (!none) return;
    const first = this.o.specs[0];
    const add = first && !this.o.readOnly ? () => { addNode(this.board, first.type); this.view.stage.focus({ preventScroll: true }); } : null;
    this.empty = firstStepsSheet(!!this.o.readOnly, add, `Add a ${first?.title ?? ''} step`);
    this.root.append(this.empty);
  }

  // ---- events

  private listen() {
    const { stage } = this.view, signal = this.off.signal;
    onWheel(this.view, this.root.closest<HTMLElement>('.editor') ?? this.root, () => this.settings.get().wheelZooms, signal);
    stage.addEventListener('keydown', (e) => this.key(e), { signal });
    addEventListener('keyup', (e) => { if (e.key === ' ') this.hand.grip(false); }, { signal });
    addEventListener('blur', () => { this.hand.grip(false); this.hand.cancel(); }, { signal });
    stage.addEventListener('dblclick', (e) => this.double(e), { signal });
    stage.addEventListener('contextmenu', (e) => this.context(e), { signal });
    for (const kind of ['copy', 'cut', 'paste'] as const) stage.addEventListener(kind, (e) => this.transfer(e, kind), { signal });
    stage.addEventListener('dragstart', (e) => e.preventDefault(), { signal });
    // Nothing inside may scroll the stage: the camera alone says what is in view.
    stage.addEventListener('scroll', () => stage.scrollTo(0, 0), { signal });
  }

  private key(e: KeyboardEvent) {
    if (isField(e.target) || e.isComposing) return;
    if (e.key === ' ') {
      this.hand.grip(true);
      e.preventDefault();
      return;
    }
    if (e.key === 'Escape') {
      if (!this.board.cancel() && !this.find.close()) this.actions.run('clear');
      e.preventDefault();
      return;
    }
    const action = this.actions.match(e);
    // The browser's own paste follows; it does not say which keys were pressed.
    this.linked = action?.id === 'paste-linked';
    if (!action || action.native) return;
    e.preventDefault();
    this.actions.run(action.id);
  }

  private transfer(e: ClipboardEvent, kind: 'copy' | 'cut' | 'paste') {
    if (isField(e.target) || !e.clipboardData) return;
    if (kind === 'paste') {
      if (!this.o.readOnly) this.pasted(e, e.clipboardData);
      return;
    }
    const text = kind === 'cut' && !this.o.readOnly ? cut(this.board) : copy(this.board);
    if (!text) return;
    this.clipboard = text;
    e.clipboardData.setData('text/plain', text);
    e.preventDefault();
  }

  // Steps come first, then texts and addresses; files only when no text came with them.
  private pasted(e: ClipboardEvent, data: DataTransfer) {
    const text = data.getData('text/plain');
    if (!text.trim() && !data.files.length) return;
    e.preventDefault();
    if (paste(this.board, text, this.linked)) return;
    if (text.trim()) pasteText(this.board, text);
    else this.o.onFiles?.([...data.files], this.board.pointer());
  }

  private write(text: string) {
    this.clipboard = text;
    void navigator.clipboard?.writeText(text).catch(() => undefined);
  }

  private double(e: MouseEvent) {
    if (isControl(e.target)) return;
    const p = this.view.cam.toDoc(this.view.point(e)), i = this.view.hitNode(p);
    if (this.hand.busy) return;
    if (i < 0) {
      if (!this.o.readOnly && !this.view.hitEdge(p)) this.board.openPicker(this.view.point(e), null);
      return;
    }
    const { id } = this.graph.nodes[i]!;
    if (titleHit(this.graph, i, p.y) && !this.o.readOnly && !this.view.blocks()) this.rename(id);
    else this.openNode(id);
  }

  // A note opens for writing and a frame for its name; both have no settings.
  private openNode(id: string) {
    const i = this.graph.at(id);
    if (i >= 0 && (this.graph.frame[i] || this.graph.note[i])) this.rename(id);
    else this.o.onOpenInspector(id);
  }

  private context(e: MouseEvent) {
    if (isField(e.target)) return;
    e.preventDefault();
    this.hand.cancel();
    const at = this.view.point(e), p = this.view.cam.toDoc(at);
    const node = this.view.hitNode(p), edge = this.view.hitEdge(p), s = this.store.selection();
    if (node >= 0 && !s.nodes.includes(this.graph.nodes[node]!.id)) this.store.select([this.graph.nodes[node]!.id]);
    else if (node < 0 && edge) this.store.select([], [this.graph.edges[edge.edge]!.id]);
    else if (node < 0) this.store.select([]);
    this.contextMenu(at);
  }

  private atSelection(): Point {
    const i = this.graph.at(this.store.selection().nodes.at(-1) ?? ''), { cam } = this.view;
    if (i < 0) return { x: cam.width / 2, y: cam.height / 3 };
    const box = this.graph.box(i);
    return cam.toView({ x: box.x0 + 24, y: box.y0 + 36 });
  }

  // Without a point the menu opens at the selected card, for the keyboard.
  private contextMenu(at: Point | null) {
    const s = this.store.selection();
    const place: Place = s.nodes.length ? 'node' : s.edges.length ? 'edge' : 'canvas';
    const where = at ?? this.atSelection();
    const items = this.actions.offered(place).map((a) => ({ name: a.name, keys: a.keys[0], disabled: !this.actions.can(a), perform: () => void this.actions.run(a.id) }));
    this.menu.open({ node: 'Selected steps', edge: 'Connection', canvas: 'Canvas' }[place], items, where);
  }

  private levels(near: HTMLElement) {
    const ids = ['zoom-50', 'zoom-100', 'zoom-200', 'fit', 'fit-selection'];
    const items = ids.map((id) => this.actions.get(id)!).map((a) => ({ name: a.name, keys: a.keys[0], disabled: !this.actions.can(a), perform: () => void this.actions.run(a.id) }));
    const r = near.getBoundingClientRect(), o = this.root.getBoundingClientRect();
    this.menu.open('Zoom', items, { x: r.left - o.left, y: r.top - o.top - 180 });
  }

  private rename(id: string) {
    const i = this.graph.at(id);
    if (i < 0 || this.o.readOnly || this.graph.frame[i] === undefined) return;
    this.stopNaming();
    if (this.view.blocks()) this.actions.run('zoom-100');
    show(this.board, i);
    this.view.flush();
    const card = this.view.hold(i);
    this.naming = (this.graph.note[i] ? writeNote : rename)(this.board, card, () => { this.naming = null; });
  }

  private stopNaming(): boolean {
    const { naming } = this;
    this.naming = null;
    naming?.close();
    return naming !== null;
  }
}
