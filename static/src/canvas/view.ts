// The picture: layers, cards and one frame loop that runs only when something changed.
import { ActiveLayer, type Wire } from './active';
import type { Surface } from './board';
import { Camera } from './camera';
import type { Card } from './card';
import { Culler } from './cull';
import { Deck } from './deck';
import { Dots } from './dots';
import { make } from './dom';
import type { Point } from './document';
import { touches, union, type Box } from './geometry';
import type { Graph, Side } from './graph';
import type { DocStore } from './history';
import { edgeAt, nodeAt } from './hit';
import { Overlay } from './overlay';
import { BaseLayer, type Scene } from './paint';
import { related } from './related';
import type { Sketch } from './sketch';
import { Statuses } from './status';
import { onThemeChange, readTheme, type Theme } from './theme';

const nobody: ReadonlySet<number> = new Set();

/** The longest pause within a gesture, in milliseconds. */
const REST = 160;

/** View shows a graph in an element. */
export class View implements Surface {
  readonly cam = new Camera();
  readonly stage = make('div', 'cv-stage', { tabindex: '0', role: 'application', 'aria-roledescription': 'workflow canvas', 'aria-label': 'Workflow canvas' });
  readonly statuses = new Statuses(() => this.ask());
  readonly deck: Deck;
  /** Called before each frame: a gesture at the rim pans here. */
  beforeFrame: () => void = () => {};
  /** Called when the camera rests after a change. */
  onRest: () => void = () => {};
  /** Called when the view is panned or zoomed step by step, as by hand. */
  onTurn: () => void = () => {};
  /** Called in each frame in which the camera moved. */
  onCamera: () => void = () => {};
  /** Called in each frame in which the colours of steps changed. */
  onColours: () => void = () => {};
  private readonly cull = new Culler();
  private readonly dots = new Dots();
  private readonly base = new BaseLayer(make('canvas', 'cv-layer', { 'aria-hidden': 'true' }));
  private readonly active = new ActiveLayer(make('canvas', 'cv-layer cv-active', { 'aria-hidden': 'true' }));
  private readonly world = make('div', 'cv-world');
  private readonly overlay = new Overlay();
  /** The colours in force. */
  theme: Theme;
  private rect: DOMRect | null = null;
  private raf = 0;
  private pause = 0;
  private beat = 0;
  private zooming = false;
  private moving = true;
  private stale = true;
  /** The active layer shows what it should: most status events leave it alone. */
  private fresh = false;
  private working = 0;
  private flows: readonly number[] = [];
  private backlog = false;
  private liftedNodes = nobody;
  private liftedEdges = nobody;
  private line: Wire | null = null;
  private hovered = -1;
  private hoveredNode = -1;
  private drawing: Sketch | null = null;
  private selected = new Set<string>();
  private fits: ((node: number, side: Side, port: number) => boolean) | null = null;
  private readonly stops: (() => void)[] = [];

  constructor(root: HTMLElement, readonly graph: Graph, private readonly store: DocStore) {
    this.deck = new Deck(this.world, this.statuses, (id) => this.selected.has(id));
    this.stage.append(this.dots.el, this.base.el, this.active.el, this.world, this.overlay.band, this.overlay.hint);
    root.append(this.stage);
    this.theme = readTheme(root);
    this.listen(root);
    this.resize();
  }

  private listen(root: HTMLElement) {
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(this.stage);
    const reread = () => {
      this.theme = readTheme(root);
      this.redraw(true);
      this.onColours();
    };
    const forget = () => { this.rect = null; };
    addEventListener('scroll', forget, { capture: true, passive: true });
    this.stops.push(() => sizes.disconnect(), onThemeChange(reread), () => removeEventListener('scroll', forget, { capture: true }));
    void document.fonts?.ready.then(() => this.redraw(true));
  }

  /** destroy stops all work and takes the picture away. */
  destroy() {
    cancelAnimationFrame(this.raf);
    clearTimeout(this.pause);
    clearTimeout(this.beat);
    this.stops.forEach((stop) => stop());
    this.stage.remove();
  }

  // ---- camera

  panBy(dx: number, dy: number) {
    this.cam.panBy(dx, dy);
    this.turned(false);
  }

  zoomAt(factor: number, p: Point) {
    this.cam.zoomAt(factor, p);
    this.turned(true);
  }

  fit(box: Box | null) {
    if (box) this.cam.fit(box);
    else Object.assign(this.cam, { x: this.cam.width / 2, y: this.cam.height / 2, z: 1 });
    this.jumped();
  }

  reveal(box: Box) {
    if (this.cam.reveal(box)) this.jumped();
  }

  centre(box: Box) {
    if (this.cull.blocks) this.cam.z = 1;
    this.cam.centre({ x: (box.x0 + box.x1) / 2, y: (box.y0 + box.y1) / 2 });
    this.jumped();
  }

  /** look puts the camera somewhere at once. */
  look(x: number, y: number, z: number) {
    Object.assign(this.cam, { x, y, z });
    this.jumped();
  }

  private jumped() {
    this.moving = true;
    this.cull.invalidate();
    this.redraw(true);
    this.onRest();
  }

  private turned(zooming: boolean) {
    this.onTurn();
    this.moving = true;
    this.zooming ||= zooming;
    if (!this.pause) this.stage.classList.add('is-moving');
    clearTimeout(this.pause);
    this.pause = window.setTimeout(() => this.rest(), REST);
    this.redraw();
  }

  private rest() {
    this.pause = 0;
    this.stage.classList.remove('is-moving');
    if (this.zooming) this.cull.invalidate();
    this.zooming = false;
    this.moving = true;
    this.redraw();
    this.onRest();
  }

  private resize() {
    this.rect = null;
    this.cam.width = this.stage.clientWidth || 1;
    this.cam.height = this.stage.clientHeight || 1;
    const dpr = Math.min(devicePixelRatio || 1, 2);
    this.base.resize(this.cam, dpr);
    this.active.resize(this.cam.width, this.cam.height, dpr);
    this.cull.invalidate();
    this.moving = true;
    this.fresh = false;
    this.onResize();
    // Canvases are empty after a resize: painting in the same task avoids a flash.
    this.flush();
  }

  /** Called after the view changed its size. */
  onResize: () => void = () => {};

  // ---- hit tests

  near(): readonly number[] {
    return this.cull.nodes;
  }

  blocks(): boolean {
    return this.cull.blocks;
  }

  point(e: { clientX: number; clientY: number }): Point {
    this.rect ??= this.stage.getBoundingClientRect();
    return { x: e.clientX - this.rect.left, y: e.clientY - this.rect.top };
  }

  hitNode(p: Point): number {
    return nodeAt(this.graph, this.cull.nodes, p, (i) => this.deck.order(this.graph, i));
  }

  hitEdge(p: Point, within = 8): { edge: number; t: number } | null {
    return edgeAt(this.graph, this.cull.edges, p, within / this.cam.z);
  }

  // ---- what a gesture shows

  lift(nodes: ReadonlySet<number> | null, edges: ReadonlySet<number> | null) {
    for (const i of this.liftedNodes) this.drag(i, false);
    this.liftedNodes = nodes ?? nobody;
    this.liftedEdges = edges ?? nobody;
    for (const i of this.liftedNodes) this.drag(i, true);
    this.cull.invalidate();
    this.moving = true;
    this.redraw(true);
  }

  private drag(i: number, on: boolean) {
    const id = this.graph.nodes[i]?.id;
    if (id === undefined) return;
    this.deck.get(id)?.el.classList.toggle('is-dragged', on);
    if (on && !this.cull.blocks && this.deck.get(id)) this.deck.pinned.add(id);
    if (!on && id !== this.activeId()) this.deck.pinned.delete(id);
  }

  moved(nodes: Iterable<number>) {
    for (const i of nodes) this.deck.get(this.graph.nodes[i]!.id)?.move(this.graph, i);
    this.redraw();
  }

  raise(nodes: Iterable<number>) {
    for (const i of nodes) this.deck.raise(this.graph.nodes[i]!.id);
    this.deck.marks(this.graph);
  }

  marquee(box: Box | null) {
    this.overlay.marquee(this.cam, box);
  }

  wire(w: Wire | null) {
    const hides = w?.hides ?? -1;
    if (hides !== (this.line?.hides ?? -1)) this.lift(this.liftedNodes, hides < 0 ? null : new Set([hides]));
    this.line = w;
    this.active.el.classList.toggle('is-over', !!w);
    this.redraw();
  }

  light(fits: ((node: number, side: Side, port: number) => boolean) | null) {
    this.fits = fits;
    this.stage.classList.toggle('is-connecting', !!fits);
    for (const card of this.deck.all()) this.lit(card.id);
  }

  private lit(id: string) {
    const i = this.graph.at(id), fits = this.fits;
    if (i >= 0) this.deck.get(id)?.light(fits && ((side, port) => fits(i, side, port)));
  }

  hover(edge: number, node = -1) {
    if (edge === this.hovered && node === this.hoveredNode) return;
    this.hovered = edge;
    this.hoveredNode = node;
    this.stage.classList.toggle('is-over-edge', edge >= 0);
    this.redraw();
  }

  /** over returns the edge under the pointer, or -1. */
  get over(): number {
    return this.hovered < this.graph.edges.length ? this.hovered : -1;
  }

  sketch(s: Sketch | null) {
    if (!s && !this.drawing) return;
    this.drawing = s;
    this.active.el.classList.toggle('is-over', !!s || !!this.line);
    this.redraw();
  }

  tip(text: string | null, at?: Point) {
    this.overlay.tip(this.cam, text, at);
  }

  cursor(name: 'grab' | 'grabbing' | 'crosshair' | 'move' | 'resize' | null) {
    if ((this.stage.dataset.cursor ?? null) === name) return;
    if (name) this.stage.dataset.cursor = name;
    else delete this.stage.dataset.cursor;
  }

  // ---- document and selection

  /** rebuilt shows the graph after it was indexed anew. */
  rebuilt() {
    this.hovered = this.hoveredNode = -1;
    this.drawing = null;
    this.liftedNodes = this.liftedEdges = nobody;
    this.deck.refresh(this.graph);
    this.cull.renumbered(this.graph);
    this.moving = true;
    this.redraw(true);
  }

  /** patched shows nodes whose records changed. */
  patched(ids: Iterable<string>) {
    this.deck.refresh(this.graph, ids);
    this.cull.invalidate();
    this.moving = true;
    this.redraw(true);
  }

  /** marks shows the selection, and points assistive technology at its last node. */
  marks() {
    const id = this.activeId();
    this.selected = new Set(this.store.selection().nodes);
    for (const card of this.deck.all()) card.el.classList.remove('is-active');
    for (const old of [...this.deck.pinned]) if (old !== id && !this.liftedNodes.has(this.graph.at(old))) this.deck.pinned.delete(old);
    const i = id === undefined ? -1 : this.graph.at(id);
    if (i >= 0) {
      const card = this.deck.mount(this.graph, i);
      this.deck.pinned.add(id!);
      card.el.classList.add('is-active');
      this.stage.setAttribute('aria-activedescendant', card.el.id);
    } else {
      this.stage.removeAttribute('aria-activedescendant');
    }
    this.deck.marks(this.graph);
    this.redraw();
  }

  /** hold brings a node's card in at once and keeps it. */
  hold(i: number): Card {
    const card = this.deck.mount(this.graph, i);
    this.deck.pinned.add(card.id);
    return card;
  }

  private activeId(): string | undefined {
    return this.store.selection().nodes.at(-1);
  }

  /** extent returns the box around all nodes, null when there is none. */
  extent(among?: Iterable<number>): Box | null {
    let box: Box | null = null;
    for (const i of among ?? this.graph.nodes.keys()) box = union(box, this.graph.box(i));
    return box;
  }

  /** anyInView reports whether a node can be seen. */
  anyInView(): boolean {
    const seen = this.cam.seen();
    return this.graph.nodes.some((_, i) => touches(seen, this.graph.box(i)));
  }

  /** stats returns counts for the benchmarks. */
  stats(): { paints: number; cards: number } {
    return { paints: this.base.paints, cards: [...this.deck.all()].length };
  }

  // ---- frames

  redraw(base = false) {
    this.stale ||= base;
    this.fresh = false;
    this.ask();
  }

  /** flush shows everything now, for what cannot wait for the next frame. */
  flush() {
    cancelAnimationFrame(this.raf);
    this.frame(performance.now());
  }

  private ask() {
    if (!this.raf) this.raf = requestAnimationFrame(this.frame);
  }

  private readonly frame = (now: number) => {
    this.raf = 0;
    this.beforeFrame();
    const scene = this.scene();
    if (this.moving) this.turn();
    this.states(scene);
    if (this.backlog && !this.zooming) this.mountSome();
    if (this.stale) this.base.invalidate();
    this.base.show(scene, !this.pause);
    if (!this.fresh || this.flowChanged()) this.showActive(scene, now);
    this.moving = this.stale = false;
    if (this.backlog && !this.zooming) this.redraw(true);
  };

  private showActive(scene: Scene, now: number) {
    const live = this.liveScene(scene);
    this.fresh = true;
    this.flows = live.flowing;
    // The rest of the edges steps back without being painted anew. Blocks are on the same layer and stay.
    this.base.el.classList.toggle('is-dim', live.related.length > 0 && !this.cull.blocks);
    this.active.show(live, this.phase(now, live.flowing.length > 0));
  }

  // Most steps that start or end are elsewhere.
  private flowChanged(): boolean {
    if (this.working === this.statuses.working) return false;
    this.working = this.statuses.working;
    const now = this.flowing();
    return now.length !== this.flows.length || now.some((k, n) => k !== this.flows[n]);
  }

  private turn() {
    const { x, y, z } = this.cam;
    this.world.style.transform = `translate(${x}px,${y}px) scale(${z})`;
    this.dots.turn(this.cam, this.zooming);
    const was = this.cull.blocks;
    if (this.cull.look(this.graph, this.cam)) this.backlog = true;
    if (was !== this.cull.blocks) {
      this.world.classList.toggle('is-blocks', this.cull.blocks);
      this.stale = true;
    }
    this.onCamera();
  }

  private mountSome() {
    if (this.cull.blocks) {
      this.backlog = false;
      return;
    }
    const had = new Set([...this.deck.all()].map((c) => c.id));
    this.backlog = this.deck.sync(this.graph, this.cull.nodes, this.cam);
    if (this.fits) for (const card of this.deck.all()) if (!had.has(card.id)) this.lit(card.id);
    this.stale = true;
  }

  private states(scene: Scene) {
    const changed = this.statuses.take();
    if (changed.size) this.onColours();
    for (const id of changed) {
      const i = this.graph.at(id);
      if (i < 0) continue;
      this.deck.get(id)?.update(this.graph, i, this.statuses.of(id));
      if (!this.cull.blocks) continue;
      this.base.touchUp(scene, i, this.above(i));
    }
  }

  // The blocks that cover a part of one, lowest first.
  private above(i: number): number[] {
    const { graph: g, deck } = this, { x, y, w, h } = g, x0 = x[i]!, y0 = y[i]!, x1 = x0 + w[i]!, y1 = y0 + h[i]!;
    const own = deck.order(g, i), all: number[] = [];
    for (const k of this.cull.nodes) {
      if (x[k]! < x1 && x[k]! + w[k]! > x0 && y[k]! < y1 && y[k]! + h[k]! > y0 && deck.order(g, k) > own) all.push(k);
    }
    return all.length < 2 ? all : all.sort((a, b) => deck.order(g, a) - deck.order(g, b));
  }

  private scene(): Scene {
    const { graph, cam, cull, theme, statuses, liftedEdges, liftedNodes } = this;
    return { graph, cam, cull, theme, statuses, liftedEdges, liftedNodes, raised: this.deck.lifted(graph), mounted: (id) => !!this.deck.get(id) };
  }

  private liveScene(scene: Scene) {
    const s = this.store.selection(), places = (ids: string[], at: (id: string) => number) => ids.map(at).filter((i) => i >= 0);
    return {
      ...scene,
      selectedEdges: places(s.edges, (id) => this.graph.edgeAt(id)),
      selectedNodes: this.cull.blocks ? places(s.nodes, (id) => this.graph.at(id)) : [],
      hoveredEdge: this.over,
      related: this.fits || this.line ? [] : related(this.graph, this.hoveredNode, s.nodes),
      sketch: this.drawing,
      flowing: this.flowing(),
      wire: this.line,
    };
  }

  private flowing(): number[] {
    const running = this.statuses.running(), { graph: g, liftedEdges } = this;
    if (this.cull.blocks || !running.size) return [];
    return this.cull.edges.filter((k) => running.has(g.nodes[g.et[k]!]!.id) && !liftedEdges.has(k)).slice(0, 200);
  }

  // The dashes move 20 times a second, only while something runs in view, and not for those who want less motion.
  private phase(now: number, flows: boolean): number {
    if (!flows || matchMedia('(prefers-reduced-motion: reduce)').matches) return 0;
    this.beat ||= window.setTimeout(() => {
      this.beat = 0;
      this.redraw();
    }, 50);
    return Math.floor(now / 50) % 12;
  }
}
