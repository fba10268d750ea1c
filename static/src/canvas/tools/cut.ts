// Alt and drag over empty space: a blade that cuts the connections it crosses.
import type { Board } from '../board';
import type { Point } from '../document';
import { boxOf, curveBox, touches } from '../geometry';
import { crossed } from '../blade';
import { far, type Pointer, type Tool } from './tool';

/** Cut marks the connections that the blade crosses and removes them when it is lifted. */
export class Cut implements Tool {
  private readonly way: Point[];
  private readonly struck = new Set<number>();
  private drawn = false;

  constructor(private readonly b: Board, private readonly from: Pointer) {
    this.way = [from.doc];
  }

  move(p: Pointer) {
    if (!this.drawn && !far(this.from, p)) return;
    this.drawn = true;
    this.strike(this.way.at(-1)!, p.doc);
    this.way.push(p.doc);
    this.b.view.cursor('crosshair');
    this.b.view.sketch({ blade: this.way, cut: [...this.struck] });
  }

  up() {
    this.end();
    const { store, graph: g } = this.b;
    if (!this.drawn) {
      store.select([]);
      return;
    }
    const ids = [...this.struck].map((k) => g.edges[k]!.id);
    if (!ids.length) return;
    const name = ids.length === 1 ? '1 connection' : `${ids.length} connections`;
    store.apply({ edges: { remove: ids } }, `Cut ${name}`);
    this.b.say(`Cut ${name}.`);
  }

  cancel() {
    this.end();
  }

  rims() {
    return this.drawn;
  }

  private end() {
    this.b.view.sketch(null);
    this.b.view.cursor(null);
  }

  private strike(a: Point, c: Point) {
    const g = this.b.graph, stroke = boxOf(a, c);
    // A level or upright stroke has no area of its own.
    const box = { x0: stroke.x0 - 1, y0: stroke.y0 - 1, x1: stroke.x1 + 1, y1: stroke.y1 + 1 };
    for (let k = 0; k < g.edges.length; k++) {
      if (this.struck.has(k) || !g.drawn(k)) continue;
      const from = g.from(k), to = g.to(k), around = curveBox(from, to);
      if (touches(box, { x0: around.x0 - 1, y0: around.y0 - 1, x1: around.x1 + 1, y1: around.y1 + 1 }) && crossed(from, to, a, c)) this.struck.add(k);
    }
  }
}
