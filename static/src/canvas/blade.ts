// Whether a stroke crosses the curve of a connection.
import type { Point } from './document';
import { curvePoint } from './geometry';

const STEPS = 32;

/** crossed reports whether the stroke from p to q crosses the curve from a to b. */
export function crossed(a: Point, b: Point, p: Point, q: Point): boolean {
  let from = a;
  for (let j = 1; j <= STEPS; j++) {
    const to = curvePoint(a, b, j / STEPS);
    if (meet(from, to, p, q)) return true;
    from = to;
  }
  return false;
}

const turn = (a: Point, b: Point, c: Point) => Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));

// Two segments meet when the ends of each lie on different sides of the other.
function meet(a: Point, b: Point, p: Point, q: Point): boolean {
  return turn(a, b, p) * turn(a, b, q) <= 0 && turn(p, q, a) * turn(p, q, b) <= 0 && !(turn(a, b, p) === 0 && turn(a, b, q) === 0);
}
