// The base layer: edges, frames and the cards that have no element, painted once
// for the view and a rim around it, then only moved and scaled by the compositor.
import type { Camera } from './camera';
import type { Culler } from './cull';
import { isOn, isPinned, labelOf, type RFNode } from './document';
import { noteColour } from './note';
import { bend } from './geometry';
import { type Graph, TYPES } from './graph';
import { HEAD } from './layout';
import { lookOf, type Statuses } from './status';
import type { Theme } from './theme';
import { portVar } from './theme';
import type { PortType } from './spec';

/** What the painters read. */
export interface Scene {
  graph: Graph;
  cam: Camera;
  cull: Culler;
  theme: Theme;
  statuses: Statuses;
  /** Cards with an element are not painted. */
  mounted(id: string): boolean;
  /** Edges and nodes that the active layer paints instead. */
  liftedEdges: ReadonlySet<number>;
  liftedNodes: ReadonlySet<number>;
  /** Nodes that were raised over the others, lowest first. */
  raised: readonly number[];
}

/** Zoom below which edges are lines and titles are left out. */
export const FAR = 0.2;

/** trace adds the curve of an edge to the path. */
export function trace(ctx: CanvasRenderingContext2D, g: Graph, k: number) {
  const a = g.from(k), b = g.to(k), d = bend(a.x, b.x);
  ctx.moveTo(a.x, a.y);
  ctx.bezierCurveTo(a.x + d, a.y, b.x - d, b.y, b.x, b.y);
}

/** lineWidth returns the width of an edge in document pixels, never too thin to see. */
export const lineWidth = (z: number, px = 2): number => Math.max(px, (px * 0.6) / z);

/** BaseLayer paints and moves the base canvas. */
export class BaseLayer {
  private readonly ctx: CanvasRenderingContext2D;
  private dpr = 1;
  private rimX = 0;
  private rimY = 0;
  private at = { x: 0, y: 0, z: 1 };
  private valid = false;
  /** How often it was painted, for the benchmarks. */
  paints = 0;

  constructor(readonly el: HTMLCanvasElement) {
    this.ctx = el.getContext('2d')!;
  }

  /** resize fits the layer to the view: 15 % more on each side. */
  resize(cam: Camera, dpr: number) {
    this.dpr = dpr;
    this.rimX = Math.round(cam.width * 0.15);
    this.rimY = Math.round(cam.height * 0.15);
    const w = cam.width + 2 * this.rimX, h = cam.height + 2 * this.rimY;
    this.el.width = Math.ceil(w * dpr);
    this.el.height = Math.ceil(h * dpr);
    this.el.style.width = `${w}px`;
    this.el.style.height = `${h}px`;
    this.valid = false;
  }

  /** invalidate makes the next show paint. */
  invalidate() {
    this.valid = false;
  }

  /** show moves the layer to the camera; it paints when it no longer covers the view, is scaled too far, or the gesture is over. */
  show(s: Scene, resting: boolean) {
    const { cam } = s, k = cam.z / this.at.z;
    const x = cam.x - this.at.x * k - this.rimX * k, y = cam.y - this.at.y * k - this.rimY * k;
    const uncovered = x > 0 || y > 0 || x + (cam.width + 2 * this.rimX) * k < cam.width || y + (cam.height + 2 * this.rimY) * k < cam.height;
    const scaled = k !== 1 && (k > 1.3 || k < 0.77 || resting);
    if (this.valid && !uncovered && !scaled) {
      this.el.style.transform = `translate(${x}px,${y}px) scale(${k})`;
      return;
    }
    this.paint(s);
    this.el.style.transform = `translate(${-this.rimX}px,${-this.rimY}px)`;
  }

  /** touchUp paints one block again over itself, after its state changed, and what lies over it. */
  touchUp(s: Scene, i: number, over: readonly number[]) {
    if (!this.valid || s.liftedNodes.has(i) || s.graph.frame[i]) return;
    this.frameOf();
    const { ctx } = this, g = s.graph;
    if (!over.length) return block(ctx, s, i, this.at.z);
    ctx.save();
    ctx.beginPath();
    ctx.rect(g.x[i]!, g.y[i]!, g.w[i]!, g.h[i]!);
    ctx.clip();
    for (const k of [i, ...over]) this.card(s, k);
    ctx.restore();
  }

  private frameOf() {
    const { x, y, z } = this.at, d = this.dpr;
    this.ctx.setTransform(d * z, 0, 0, d * z, d * (x + this.rimX), d * (y + this.rimY));
  }

  private paint(s: Scene) {
    const { ctx } = this;
    this.at = { x: s.cam.x, y: s.cam.y, z: s.cam.z };
    this.valid = true;
    this.paints++;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, this.el.width, this.el.height);
    this.frameOf();
    for (const i of s.cull.nodes) if (s.graph.frame[i] && !s.liftedNodes.has(i)) frame(ctx, s, i);
    this.edges(s);
    const over = new Set(s.raised);
    for (const i of s.cull.nodes) if (!over.has(i)) this.card(s, i);
    for (const i of s.raised) this.card(s, i);
  }

  private card(s: Scene, i: number) {
    if (s.graph.frame[i] || s.liftedNodes.has(i) || (!s.cull.blocks && s.mounted(s.graph.nodes[i]!.id))) return;
    block(this.ctx, s, i, this.at.z);
  }

  private edges(s: Scene) {
    const { ctx } = this, g = s.graph, far = this.at.z < FAR;
    ctx.lineWidth = lineWidth(this.at.z);
    for (let type = 0; type < TYPES.length; type++) {
      ctx.strokeStyle = s.theme.types[type]!;
      ctx.beginPath();
      for (const k of s.cull.edges) {
        if (g.carries[k] !== type || s.liftedEdges.has(k)) continue;
        if (far) line(ctx, g, k);
        else trace(ctx, g, k);
      }
      ctx.stroke();
    }
  }
}

function line(ctx: CanvasRenderingContext2D, g: Graph, k: number) {
  const a = g.from(k), b = g.to(k);
  ctx.moveTo(a.x, a.y);
  ctx.lineTo(b.x, b.y);
}

/** frame paints the ground of a frame, and its title when its element is hidden. */
export function frame(ctx: CanvasRenderingContext2D, s: Scene, i: number) {
  const g = s.graph, x = g.x[i]!, y = g.y[i]!, w = g.w[i]!, h = g.h[i]!;
  ctx.beginPath();
  ctx.roundRect(x, y, w, h, 10);
  ctx.globalAlpha = 0.55;
  ctx.fillStyle = s.theme.sunken;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.strokeStyle = s.theme.border;
  ctx.lineWidth = 1 / s.cam.z;
  ctx.stroke();
  if (s.cull.blocks && s.cam.z > FAR) title(ctx, s, i, s.cam.z);
}

/** block paints a card as a labelled block with the colour of its kind and state. */
export function block(ctx: CanvasRenderingContext2D, s: Scene, i: number, z: number) {
  if (s.graph.note[i]) return note(ctx, s, i, z);
  const g = s.graph, off = isOn(g.nodes[i]!, 'disabled'), x = g.x[i]!, y = g.y[i]!, w = g.w[i]!, h = g.h[i]!;
  const look = lookOf(s.statuses.of(g.nodes[i]!.id));
  ctx.fillStyle = off ? s.theme.sunken : s.theme.surface;
  ctx.fillRect(x, y, w, h);
  ctx.fillStyle = off ? s.theme.border : kindColour(s, i);
  ctx.fillRect(x, y, Math.max(6, 3 / z), h);
  if (look !== 'idle') {
    ctx.globalAlpha = z < FAR ? 0.45 : 0.16;
    ctx.fillStyle = s.theme.status[look];
    ctx.fillRect(x, y, w, h);
    ctx.globalAlpha = 1;
  }
  if (look !== 'idle' || z >= FAR) {
    const thick = look === 'idle' ? 1 / z : Math.max(2, 2 / z);
    ctx.strokeStyle = s.theme.status[look];
    ctx.lineWidth = thick;
    if (off) ctx.setLineDash([6 / z, 4 / z]);
    ctx.strokeRect(x + thick / 2, y + thick / 2, w - thick, h - thick);
    ctx.setLineDash([]);
  }
  if (z > FAR) title(ctx, s, i, z);
}

// A note is a sheet in its colour; zoomed out its first line is its title.
function note(ctx: CanvasRenderingContext2D, s: Scene, i: number, z: number) {
  const g = s.graph, x = g.x[i]!, y = g.y[i]!, w = g.w[i]!, h = g.h[i]!, colour = s.theme.status[noteColour(g.nodes[i]!).look];
  ctx.fillStyle = s.theme.surface;
  ctx.fillRect(x, y, w, h);
  ctx.globalAlpha = 0.22;
  ctx.fillStyle = colour;
  ctx.fillRect(x, y, w, h);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1 / z;
  ctx.strokeRect(x, y, w, h);
  if (z > FAR) title(ctx, s, i, z);
}

function kindColour(s: Scene, i: number): string {
  const type = (s.graph.spec(i)?.color || 'any') as PortType;
  return s.theme.types[type in portVar ? TYPES.indexOf(type) : 0] ?? s.theme.edge;
}

/** titleOf returns a name with a word for what the card shows by a mark. */
export function titleOf(n: RFNode): string {
  const word = isOn(n, 'disabled') ? ' (disabled)' : isPinned(n) ? ' (pinned)' : '';
  return labelOf(n) + word;
}

// Eleven screen pixels while zoomed out, the size of a card's title near full size.
function title(ctx: CanvasRenderingContext2D, s: Scene, i: number, z: number) {
  const g = s.graph, size = Math.max(13, 11 / z), left = Math.max(12, 8 / z);
  const room = Math.floor((g.w[i]! - left - 6 / z) / (size * 0.56));
  if (room < 3) return;
  const label = titleOf(g.nodes[i]!);
  ctx.fillStyle = s.theme.text;
  ctx.font = `600 ${size}px ${s.theme.font}`;
  ctx.textBaseline = 'middle';
  ctx.fillText(label.length > room ? `${label.slice(0, room - 1)}…` : label, g.x[i]! + left, g.y[i]! + Math.max(HEAD / 2, 10 / z));
}
