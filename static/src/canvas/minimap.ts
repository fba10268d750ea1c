// The minimap: the whole graph in the corner, and where the view is in it. It is
// shown while the view moves, and always when it is pinned.
import type { Camera } from './camera';
import { make } from './dom';
import { union, type Box } from './geometry';
import { type Graph, TYPES } from './graph';
import { icon } from './icons';
import { noteColour } from './note';
import { lookOf, type Statuses } from './status';
import type { PortType } from './spec';
import { portVar, type Theme } from './theme';

/** The size of the map in pixels, and the free rim inside it. */
const WIDTH = 200, HEIGHT = 128, RIM = 8;

/** How long it stays after the view came to rest, and the least time between two paintings, in milliseconds. */
const STAY = 1600, PACE = 400;

/** What the minimap shows and moves. */
export interface MapEnv {
  graph: Graph;
  statuses: Statuses;
  cam: Camera;
  theme(): Theme;
  /** look puts a point of the document into the middle of the view. */
  look(x: number, y: number): void;
  pin(): void;
}

/** Scale maps the document to the map. */
export interface Scale { k: number; x: number; y: number }

/** scaleOf returns how a box fits into the map, in its middle; never larger than a sixth of full size. */
export function scaleOf(b: Box, width = WIDTH, height = HEIGHT): Scale {
  const w = Math.max(1, b.x1 - b.x0), h = Math.max(1, b.y1 - b.y0);
  const k = Math.min((width - 2 * RIM) / w, (height - 2 * RIM) / h, 1 / 6);
  return { k, x: width / 2 - ((b.x0 + b.x1) / 2) * k, y: height / 2 - ((b.y0 + b.y1) / 2) * k };
}

/** Minimap is for the pointer alone: the keyboard has its own ways, so it is no tab stop. */
export class Minimap {
  readonly el = make('div', 'cv-map', { 'aria-hidden': 'true' });
  private readonly picture = make('canvas');
  private readonly frame = make('div', 'cv-map__view');
  private readonly pinButton = make('button', 'cv-map__pin', { type: 'button', tabindex: '-1' });
  private scale: Scale = { k: 1, x: 0, y: 0 };
  private stale = true;
  private painted = 0;
  private later = 0;
  private leaving = 0;
  private pinned = false;
  private held = false;
  private seen = '';

  constructor(private readonly env: MapEnv) {
    this.el.hidden = true;
    const { svg, path } = icon('cv-float__icon');
    path.setAttribute('d', 'M6 2h4l-.5 4L12 8.5H4L6.5 6zM8 8.5V14');
    this.pinButton.append(svg);
    this.pinButton.addEventListener('click', () => env.pin());
    this.el.append(this.picture, this.frame, this.pinButton);
    this.listen();
  }

  /** destroy ends what waits. */
  destroy() {
    clearTimeout(this.later);
    clearTimeout(this.leaving);
  }

  /** pin keeps the map in view, or lets it come and go. */
  pin(on: boolean) {
    this.pinned = on;
    const name = on ? 'Let the minimap come and go' : 'Keep the minimap in view';
    Object.assign(this.pinButton, { title: name });
    this.pinButton.classList.toggle('is-on', on);
    if (on) this.show();
    else this.leave();
  }

  /** moved follows the camera. What changes without a move does not bring the map up. */
  moved() {
    const { x, y, z } = this.env.cam, now = `${x} ${y} ${z}`, first = this.seen === '';
    if (now === this.seen) return;
    this.seen = now;
    if (!first) this.show();
    if (!this.el.hidden) this.aim();
  }

  /** rested lets the map go a moment later. */
  rested() {
    this.leave();
  }

  /** changed notes that the graph, a state or the colours are others now. */
  changed() {
    this.stale = true;
    if (!this.el.hidden) this.soon();
  }

  private show() {
    clearTimeout(this.leaving);
    this.leaving = 0;
    const none = this.env.graph.nodes.length < 2 || this.env.cam.width < 480;
    if (none !== this.el.hidden) this.el.hidden = none;
    if (!none && this.stale) this.soon();
  }

  private leave() {
    if (this.pinned || this.held || this.el.hidden || this.leaving) return;
    this.leaving = window.setTimeout(() => {
      this.leaving = 0;
      if (!this.pinned && !this.held) this.el.hidden = true;
    }, STAY);
  }

  private soon() {
    const wait = this.painted + PACE - performance.now();
    if (wait <= 0) this.paint();
    else this.later ||= window.setTimeout(() => this.paint(), wait);
  }

  private paint() {
    clearTimeout(this.later);
    this.later = 0;
    this.stale = false;
    const { graph: g } = this.env, dpr = Math.min(devicePixelRatio || 1, 2), ctx = this.picture.getContext('2d')!;
    let box: Box | null = null;
    for (let i = 0; i < g.nodes.length; i++) box = union(box, g.box(i));
    if (!box) return;
    this.scale = scaleOf(box);
    this.picture.width = WIDTH * dpr;
    this.picture.height = HEIGHT * dpr;
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    for (let i = 0; i < g.nodes.length; i++) if (g.frame[i] && g.shell[i]! < 0) this.block(ctx, i);
    for (let i = 0; i < g.nodes.length; i++) if (!g.frame[i] && g.shell[i]! < 0) this.block(ctx, i);
    this.aim();
    this.painted = performance.now();
  }

  private block(ctx: CanvasRenderingContext2D, i: number) {
    const { graph: g, statuses } = this.env, { k, x, y } = this.scale, theme = this.env.theme();
    const look = g.note[i] ? noteColour(g.nodes[i]!).look : lookOf(statuses.of(g.nodes[i]!.id)), type = (g.spec(i)?.color || 'any') as PortType;
    ctx.globalAlpha = g.frame[i] ? 0.15 : g.note[i] ? 0.35 : 0.85;
    ctx.fillStyle = g.frame[i] ? theme.muted : look === 'idle' ? theme.types[type in portVar ? TYPES.indexOf(type) : 0]! : theme.status[look];
    ctx.fillRect(g.x[i]! * k + x, g.y[i]! * k + y, Math.max(1.5, g.w[i]! * k), Math.max(1.5, g.h[i]! * k));
  }

  // The frame of the view is moved by the compositor; what is outside the map is cut off.
  private aim() {
    const s = this.env.cam.seen(), { k, x, y } = this.scale;
    this.frame.style.transform = `translate(${s.x0 * k + x}px,${s.y0 * k + y}px)`;
    this.frame.style.width = `${(s.x1 - s.x0) * k}px`;
    this.frame.style.height = `${(s.y1 - s.y0) * k}px`;
  }

  private listen() {
    const { el } = this;
    el.addEventListener('pointerdown', (e) => {
      e.stopPropagation();
      if (e.button !== 0 || this.pinButton.contains(e.target as Node)) return;
      e.preventDefault();
      this.held = true;
      el.setPointerCapture(e.pointerId);
      this.go(e);
    });
    el.addEventListener('pointermove', (e) => { if (this.held) this.go(e); });
    for (const kind of ['pointerup', 'pointercancel'] as const) el.addEventListener(kind, () => { this.held = false; this.leave(); });
    el.addEventListener('pointerenter', () => { clearTimeout(this.leaving); this.leaving = 0; });
    el.addEventListener('pointerleave', () => this.leave());
    el.addEventListener('contextmenu', (e) => e.preventDefault());
  }

  private go(e: PointerEvent) {
    const r = this.picture.getBoundingClientRect(), { k, x, y } = this.scale;
    this.env.look((e.clientX - r.left - x) / k, (e.clientY - r.top - y) / k);
  }
}
