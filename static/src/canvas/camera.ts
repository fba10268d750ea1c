// Where the view looks: pure arithmetic of pan and zoom.
import type { Point } from './document';
import { clamp, type Box } from './geometry';

/** The zoom range of gestures; fitting a very large graph may go below it. */
export const MIN_ZOOM = 0.05, MAX_ZOOM = 4, FIT_FLOOR = 0.01;

/** A camera position: screen = document * z + (x, y). */
export interface Look { x: number; y: number; z: number }

/** Camera is the present position and the size of the view. */
export class Camera {
  x = 0;
  y = 0;
  z = 1;
  width = 1;
  height = 1;

  /** toDoc converts a point of the view to the document. */
  toDoc(p: Point): Point {
    return { x: (p.x - this.x) / this.z, y: (p.y - this.y) / this.z };
  }

  /** toView converts a point of the document to the view. */
  toView(p: Point): Point {
    return { x: p.x * this.z + this.x, y: p.y * this.z + this.y };
  }

  /** seen returns the part of the document in view. */
  seen(): Box {
    const a = this.toDoc({ x: 0, y: 0 }), b = this.toDoc({ x: this.width, y: this.height });
    return { x0: a.x, y0: a.y, x1: b.x, y1: b.y };
  }

  /** panBy moves the picture by screen pixels. */
  panBy(dx: number, dy: number) {
    this.x += dx;
    this.y += dy;
  }

  /** zoomAt multiplies the zoom; the document point under p stays where it is. */
  zoomAt(factor: number, p: Point) {
    const z = clamp(this.z * factor, Math.min(MIN_ZOOM, this.z), MAX_ZOOM), k = z / this.z;
    this.x = p.x - (p.x - this.x) * k;
    this.y = p.y - (p.y - this.y) * k;
    this.z = z;
  }

  /** fit looks at a box, with a rim, at most at full size. */
  fit(b: Box, most = 1) {
    const rim = Math.min(48, this.width * 0.06, this.height * 0.06);
    const w = Math.max(1, b.x1 - b.x0), h = Math.max(1, b.y1 - b.y0);
    this.z = clamp(Math.min((this.width - 2 * rim) / w, (this.height - 2 * rim) / h, most), FIT_FLOOR, MAX_ZOOM);
    this.centre({ x: (b.x0 + b.x1) / 2, y: (b.y0 + b.y1) / 2 });
  }

  /** centre puts a document point into the middle of the view. */
  centre(p: Point) {
    this.x = this.width / 2 - p.x * this.z;
    this.y = this.height / 2 - p.y * this.z;
  }

  /** reveal pans as little as needed to show a box whole; it reports whether it moved. */
  reveal(b: Box): boolean {
    const rim = 24, a = this.toView({ x: b.x0, y: b.y0 }), c = this.toView({ x: b.x1, y: b.y1 });
    const shift = (lo: number, hi: number, size: number) => {
      if (lo >= rim && hi <= size - rim) return 0;
      if (hi - lo > size - 2 * rim) return rim - lo;
      return lo < rim ? rim - lo : size - rim - hi;
    };
    const dx = shift(a.x, c.x, this.width), dy = shift(a.y, c.y, this.height);
    this.panBy(dx, dy);
    return dx !== 0 || dy !== 0;
  }
}
