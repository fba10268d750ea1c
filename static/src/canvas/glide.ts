// Moving many cards at once: the document changes in one step, the picture glides there.
import { idsOf, type Board } from './board';
import type { Point } from './document';
import { movement } from './tools/drag';

/** How long cards glide, in milliseconds, and how many at most. */
const TIME = 220, MOST = 1500;

/** glide moves nodes to places as one undo step; without reduced motion the cards are seen moving. It reports whether anything moved. */
export function glide(b: Board, places: readonly number[], to: readonly Point[], label: string): boolean {
  const { graph: g } = b, from = places.map((i): Point => ({ x: g.x[i]!, y: g.y[i]! }));
  const ids = idsOf(g, places);
  places.forEach((i, k) => g.place(i, to[k]!.x, to[k]!.y));
  if (!b.store.apply({ nodes: { update: movement(g, places) } }, label)) return false;
  const still = places.length > MOST || matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (!still) new Flight(b, ids, from).start();
  return true;
}

// Flight shows cards on their way. Any press, key or change of the document ends it at once.
class Flight {
  private readonly off = new AbortController();
  private readonly to: Point[];
  private readonly all = new Set<number>();
  private begun = 0;
  private readonly unsubscribe: () => void;

  constructor(private readonly b: Board, private readonly ids: readonly string[], private readonly from: readonly Point[]) {
    const { graph: g } = b;
    this.to = ids.map((id) => ({ x: g.x[g.at(id)]!, y: g.y[g.at(id)]! }));
    const add = (i: number) => {
      this.all.add(i);
      g.children(i).forEach(add);
    };
    for (const id of ids) add(g.at(id));
    this.unsubscribe = b.store.subscribe((n) => { if (n.kind === 'doc') this.end(); });
    for (const kind of ['pointerdown', 'keydown', 'wheel'] as const) addEventListener(kind, () => this.end(), { capture: true, passive: true, signal: this.off.signal });
  }

  start() {
    const { graph: g, view } = this.b;
    view.lift(this.all, new Set([...this.all].flatMap((i) => [...g.edgesOf(i)])));
    this.show(0);
    requestAnimationFrame(this.step);
  }

  private readonly step = (now: number) => {
    if (this.off.signal.aborted) return;
    this.begun ||= now;
    const t = (now - this.begun) / TIME;
    if (t >= 1) {
      this.end();
      return;
    }
    this.show(1 - (1 - t) ** 3);
    requestAnimationFrame(this.step);
  };

  private show(f: number) {
    const { graph: g, view } = this.b;
    this.ids.forEach((id, k) => {
      const a = this.from[k]!, z = this.to[k]!;
      g.place(g.at(id), a.x + (z.x - a.x) * f, a.y + (z.y - a.y) * f);
    });
    view.moved(this.all);
  }

  // Whatever ended it, each node lies where the document says.
  private end() {
    if (this.off.signal.aborted) return;
    this.off.abort();
    this.unsubscribe();
    const { graph: g, view, store } = this.b, known = this.ids.filter((id) => g.at(id) >= 0);
    g.patch(known, (id) => store.node(id));
    view.moved([...this.all].filter((i) => i < g.nodes.length));
    view.lift(null, null);
  }
}
