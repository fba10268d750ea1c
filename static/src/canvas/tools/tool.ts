// What a gesture is: one small state that hears the pointer until it is let go.
import type { Point } from '../document';

/** A pointer event, in view and in document pixels. */
export interface Pointer {
  view: Point;
  doc: Point;
  shift: boolean;
  /** Ctrl or Cmd. */
  mod: boolean;
  alt: boolean;
  touch: boolean;
}

/** Tool is the gesture in progress. */
export interface Tool {
  /** move hears each pointer move; a returned tool takes over. */
  move(p: Pointer): Tool | void;
  /** up ends the gesture; true keeps it for another press, as in click and click again. */
  up(p: Pointer): boolean | void;
  /** cancel takes back what the gesture showed. */
  cancel(): void;
  /** rims reports whether the view pans while the pointer is at its rim. */
  rims?(): boolean;
}

/** far reports whether a pointer has moved enough to be a drag: 3 pixels, 8 on touch. */
export function far(from: Pointer, p: Pointer): boolean {
  return Math.hypot(p.view.x - from.view.x, p.view.y - from.view.y) >= (p.touch ? 8 : 3);
}
