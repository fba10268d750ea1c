// Resizing a node by its lower right corner. The document changes once, when it is let go.
import type { Board } from '../board';
import type { RFNode } from '../document';
import { snap } from '../geometry';
import { limitsOf, sized } from '../size';
import { far, type Pointer, type Tool } from './tool';

/** How far the corner reaches into the card and beyond it, in screen pixels. */
const INSIDE = 18, BEYOND = 6, FINGER = 32;

/** cornerUnder returns the node whose corner is under a pointer, or -1. */
export function cornerUnder(b: Board, p: Pointer): number {
  const g = b.graph, { z } = b.view.cam;
  if (b.readOnly || b.view.blocks()) return -1;
  const inside = (p.touch ? FINGER : INSIDE) / Math.min(1, z);
  let found = -1;
  for (const i of b.view.near()) {
    const dx = p.doc.x - g.x[i]! - g.w[i]!, dy = p.doc.y - g.y[i]! - g.h[i]!;
    if (dx < -inside || dy < -inside || dx > BEYOND / z || dy > BEYOND / z || !limitsOf(g, i)) continue;
    found = i;
  }
  const over = found < 0 ? -1 : b.view.hitNode(p.doc);
  return over < 0 || over === found || g.frame[over] ? found : -1;
}

/** Resize follows the pointer with the corner. */
export class Resize implements Tool {
  private readonly record: RFNode;
  private started = false;

  constructor(private readonly b: Board, private readonly node: number, private readonly from: Pointer) {
    this.record = b.graph.nodes[node]!;
    b.store.select([this.record.id]);
  }

  move(p: Pointer) {
    const { graph: g, view } = this.b, i = this.node;
    if (!this.started) {
      if (!far(this.from, p)) return;
      this.started = true;
      this.start = { w: g.w[i]!, h: g.h[i]! };
      view.lift(new Set([i]), new Set(g.edgesOf(i)));
      view.cursor('resize');
    }
    const w = this.start.w + p.doc.x - this.from.doc.x, h = this.start.h + p.doc.y - this.from.doc.y;
    const to = p.mod ? sized(g, i, w, h) : sized(g, i, snap(g.x[i]! + w) - g.x[i]!, snap(g.y[i]! + h) - g.y[i]!);
    if (to) this.show({ ...this.record, ...to });
  }

  up() {
    if (!this.started) return;
    const g = this.b.graph, { id, width, height } = g.nodes[this.node]!;
    this.cancel();
    this.b.store.apply({ nodes: { update: { [id]: { width, height } } } }, 'Resize');
  }

  cancel() {
    if (!this.started) return;
    this.show(this.record);
    this.b.view.lift(null, null);
    this.b.view.cursor(null);
  }

  private start = { w: 0, h: 0 };

  private show(record: RFNode) {
    this.b.graph.patch([record.id], () => record);
    this.b.view.moved([this.node]);
  }
}
