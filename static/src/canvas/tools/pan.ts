// Dragging the view itself.
import type { Board } from '../board';
import { far, type Pointer, type Tool } from './tool';

/** Pan moves the view with the pointer. A tap that did not move clears the selection if asked to. */
export class Pan implements Tool {
  private last: Pointer;
  private moved = false;

  constructor(private readonly b: Board, private readonly from: Pointer, private readonly tapClears: boolean) {
    this.last = from;
    b.view.cursor('grabbing');
  }

  move(p: Pointer) {
    if (!this.moved && !far(this.from, p)) return;
    this.moved = true;
    this.b.view.panBy(p.view.x - this.last.view.x, p.view.y - this.last.view.y);
    this.last = p;
  }

  up() {
    this.b.view.cursor(null);
    if (!this.moved && this.tapClears) this.b.store.select([]);
  }

  cancel() {
    this.b.view.cursor(null);
  }
}
