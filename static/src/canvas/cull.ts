// Which cards and edges are near the view: linear scans over typed arrays with a
// margin, so that small moves change nothing (hysteresis).
import type { Camera } from './camera';
import { bend, covers, grown, type Box } from './geometry';
import type { Graph } from './graph';

/** Zoom below which cards are blocks, and above which they are cards again. */
export const BLOCKS_BELOW = 0.38, CARDS_ABOVE = 0.42;

const MARGIN = 0.3;

/** Culler keeps the places of nodes and edges near the view. */
export class Culler {
  nodes: number[] = [];
  edges: number[] = [];
  /** Level of detail: true when cards are painted as blocks. */
  blocks = false;
  private near: Box = { x0: 0, y0: 0, x1: 0, y1: 0 };
  private zoom = 0;
  private valid = false;

  /** invalidate makes the next look scan again. */
  invalidate() {
    this.valid = false;
  }

  /** renumbered scans at once: after nodes came or went the old places mean nothing, and the pointer may move before the next frame. */
  renumbered(g: Graph) {
    this.scan(g);
    this.valid = false;
  }

  /** look brings the lists up to date; it reports whether they were made anew. */
  look(g: Graph, cam: Camera): boolean {
    const was = this.blocks;
    this.blocks = was ? cam.z < CARDS_ABOVE : cam.z < BLOCKS_BELOW;
    const seen = cam.seen();
    if (this.valid && was === this.blocks && covers(this.near, seen) && cam.z / this.zoom < 1.6) return false;
    this.near = grown(seen, (seen.x1 - seen.x0) * MARGIN, (seen.y1 - seen.y0) * MARGIN);
    this.zoom = cam.z;
    this.valid = true;
    this.scan(g);
    return true;
  }

  private scan(g: Graph) {
    const { x0, y0, x1, y1 } = this.near, { x, y, w, h } = g;
    this.nodes = [];
    for (let i = 0; i < g.nodes.length; i++) {
      if (g.shell[i]! < 0 && x[i]! < x1 && x[i]! + w[i]! > x0 && y[i]! < y1 && y[i]! + h[i]! > y0) this.nodes.push(i);
    }
    this.edges = [];
    for (let k = 0; k < g.edges.length; k++) {
      const s = g.es[k]!, t = g.et[k]!;
      if (s < 0 || t < 0) continue;
      // Where a collapsed frame hides a node, its edges end at the frame.
      const from = g.shell[s]!, to = g.shell[t]!, a = from < 0 ? s : from, b = to < 0 ? t : to;
      if (a === b && from >= 0) continue;
      const ay = y[a]! + g.out0[a]! + g.ep[k]! * g.row[a]!, by = y[b]! + g.in0[b]! + g.tp[k]! * g.row[b]!;
      if ((ay > y1 && by > y1) || (ay < y0 && by < y0)) continue;
      const ax = x[a]! + w[a]!, bx = x[b]!, d = bend(ax, bx);
      if (Math.min(ax, bx - d) < x1 && Math.max(bx, ax + d) > x0) this.edges.push(k);
    }
  }
}
