// Guides for the drag in progress: what the dragged cards could line up with.
import type { Board } from '../board';
import type { Point } from '../document';
import { union, type Box } from '../geometry';
import { guidesOf, pull, type Guide } from '../guides';

/** How near a line must be to pull, in screen pixels. */
const WITHIN = 6;

/** Guiding answers for cards that move together. */
export class Guiding {
  private readonly start: Box | null;
  private readonly frames: boolean;

  constructor(private readonly b: Board, places: readonly number[], private readonly moving: ReadonlySet<number>) {
    this.start = places.reduce<Box | null>((box, i) => union(box, b.graph.box(i)), null);
    this.frames = places.every((i) => !!b.graph.frame[i]);
  }

  /** offset returns a move that meets lines near it; an axis without one takes the other move. */
  offset(by: Point, otherwise: Point): Point {
    if (!this.start || this.b.view.blocks()) return otherwise;
    const { dx, dy } = pull(moved(this.start, by), this.others(), WITHIN / this.b.view.cam.z);
    return { x: dx === null ? otherwise.x : by.x + dx, y: dy === null ? otherwise.y : by.y + dy };
  }

  /** lines returns what the cards meet after a move. */
  lines(by: Point): Guide[] {
    return this.start && !this.b.view.blocks() ? guidesOf(moved(this.start, by), this.others()) : [];
  }

  // Cards line up with cards, frames with frames: a frame around a card is no neighbour.
  private others(): Box[] {
    const g = this.b.graph, seen = this.b.view.cam.seen(), out: Box[] = [];
    for (const i of this.b.view.near()) {
      if (this.moving.has(i) || !!g.frame[i] !== this.frames) continue;
      const box = g.box(i);
      if (box.x1 > seen.x0 && box.x0 < seen.x1 && box.y1 > seen.y0 && box.y0 < seen.y1) out.push(box);
    }
    return out;
  }
}

function moved(b: Box, by: Point): Box {
  return { x0: b.x0 + by.x, y0: b.y0 + by.y, x1: b.x1 + by.x, y1: b.y1 + by.y };
}
