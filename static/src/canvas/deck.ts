// The mounted cards: which nodes have an element, and the elements kept for reuse.
import { Card } from './card';
import type { Camera } from './camera';
import { touches } from './geometry';
import type { Graph } from './graph';
import type { Statuses } from './status';

/** How many cards are mounted per frame, and how many at once when there is none. */
export const PER_FRAME = 14, AT_FIRST = 200;

const SPARE = 12;

/** Deck mounts and unmounts cards. Cards are found by node id, never by place. */
export class Deck {
  /** Nodes that keep their card wherever the view is: focused, dragged, being renamed. */
  readonly pinned = new Set<string>();
  /** Raised nodes lie over the others, the newest on top. */
  private readonly raised = new Map<string, number>();
  private readonly cards = new Map<string, Card>();
  private readonly spare: Card[] = [];
  private lifts = 0;

  constructor(private readonly world: HTMLElement, private readonly statuses: Statuses, private readonly selected: (id: string) => boolean) {}

  /** get returns the card of a node if it is mounted. */
  get(id: string): Card | undefined {
    return this.cards.get(id);
  }

  /** all returns the mounted cards. */
  all(): Iterable<Card> {
    return this.cards.values();
  }

  /** raise puts a node over the others. */
  raise(id: string) {
    this.raised.delete(id);
    this.raised.set(id, ++this.lifts);
  }

  /** lifted returns the raised nodes, lowest first. */
  lifted(g: Graph): number[] {
    return [...this.raised.keys()].map((id) => g.at(id)).filter((i) => i >= 0);
  }

  /** order returns how high a node lies: frames lowest, then cards as in the document, raised ones on top. */
  order(g: Graph, i: number): number {
    if (g.frame[i]) return g.depth[i]!;
    const lift = this.raised.get(g.nodes[i]!.id);
    return lift === undefined ? 300 + i : 100_000 + lift;
  }

  /** sync unmounts what is not wanted and mounts a few of what is; it reports whether more are to come. */
  sync(g: Graph, wanted: readonly number[], cam: Camera): boolean {
    const keep = new Set(wanted.map((i) => g.nodes[i]!.id));
    for (const id of [...this.cards.keys()]) if (!keep.has(id) && !this.pinned.has(id)) this.unmount(id);
    for (const id of this.pinned) if (g.at(id) >= 0) this.mount(g, g.at(id));
    let budget = this.cards.size ? PER_FRAME : AT_FIRST;
    const seen = cam.seen();
    const missing = wanted.filter((i) => !this.cards.has(g.nodes[i]!.id));
    const inView = missing.filter((i) => touches(seen, g.box(i)));
    const rest = missing.filter((i) => !inView.includes(i));
    for (const i of [...inView, ...rest]) {
      if (budget-- <= 0) return true;
      this.mount(g, i);
    }
    return false;
  }

  /** mount gives a node its card. */
  mount(g: Graph, i: number): Card {
    const id = g.nodes[i]!.id;
    let card = this.cards.get(id);
    if (card) return card;
    card = this.spare.pop() ?? new Card();
    this.cards.set(id, card);
    card.bind(g, i, this.statuses.of(id));
    card.mark(this.selected(id), this.order(g, i));
    card.el.hidden = false;
    if (!card.el.parentNode) this.world.append(card.el);
    return card;
  }

  /** refresh binds mounted cards to their nodes again, after the document changed; cards of lost nodes go. */
  refresh(g: Graph, ids?: Iterable<string>) {
    for (const id of ids ?? [...this.cards.keys()]) {
      const card = this.cards.get(id), i = g.at(id);
      if (!card) continue;
      if (i < 0) this.unmount(id);
      else card.bind(g, i, this.statuses.of(id));
    }
    if (!ids) this.marks(g);
  }

  /** marks shows the selection and the order on all mounted cards. */
  marks(g: Graph) {
    for (const [id, card] of this.cards) if (g.at(id) >= 0) card.mark(this.selected(id), this.order(g, g.at(id)));
  }

  private unmount(id: string) {
    const card = this.cards.get(id)!;
    this.cards.delete(id);
    this.pinned.delete(id);
    card.light(null);
    card.el.classList.remove('is-active', 'is-dragged');
    if (this.spare.length < SPARE) {
      card.el.hidden = true;
      this.spare.push(card);
    } else {
      card.el.remove();
    }
  }
}
