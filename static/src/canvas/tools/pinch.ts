// Two fingers: pan and zoom at once.
import type { Board } from '../board';
import type { Point } from '../document';

/** Pinch follows two fingers; it is no Tool because it hears two pointers. */
export class Pinch {
  constructor(private readonly b: Board, private readonly fingers: Map<number, Point>) {}

  /** move takes the new place of one of the fingers. */
  move(id: number, to: Point) {
    const before = this.measure();
    this.fingers.set(id, to);
    const after = this.measure();
    this.b.view.panBy(after.middle.x - before.middle.x, after.middle.y - before.middle.y);
    if (before.spread > 0) this.b.view.zoomAt(after.spread / before.spread, after.middle);
  }

  private measure(): { middle: Point; spread: number } {
    const [a, b] = [...this.fingers.values()] as [Point, Point];
    return { middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, spread: Math.hypot(a.x - b.x, a.y - b.y) };
  }
}
