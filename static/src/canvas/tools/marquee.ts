// Dragging over empty space selects what the band touches.
import { idsOf, type Board } from '../board';
import type { Selection } from '../document';
import { boxOf, covers, touches, type Box } from '../geometry';
import { far, type Pointer, type Tool } from './tool';

/** Marquee selects what it touches while it is drawn; with Shift it adds. */
export class Marquee implements Tool {
  private readonly before: Selection;
  private drawn = false;

  constructor(private readonly b: Board, private readonly from: Pointer) {
    this.before = b.store.selection();
  }

  move(p: Pointer) {
    if (!this.drawn && !far(this.from, p)) return;
    this.drawn = true;
    const box = boxOf(this.from.doc, p.doc);
    this.b.view.marquee(box);
    this.b.store.select(this.hit(box), this.adds() ? this.before.edges : [], true);
  }

  up() {
    this.b.view.marquee(null);
    const s = this.b.store.selection();
    if (this.drawn) this.b.store.select(s.nodes, s.edges);
    else if (!this.adds()) this.b.store.select([]);
  }

  cancel() {
    this.b.view.marquee(null);
    this.b.store.select(this.before.nodes, this.before.edges);
  }

  rims() {
    return this.drawn;
  }

  private adds(): boolean {
    return this.from.shift || this.from.mod;
  }

  private hit(box: Box): string[] {
    const g = this.b.graph, places: number[] = [];
    for (let i = 0; i < g.nodes.length; i++) {
      const card = g.box(i);
      if (g.frame[i] ? covers(box, card) : touches(box, card)) places.push(i);
    }
    return [...(this.adds() ? this.before.nodes : []), ...idsOf(g, places)];
  }
}
