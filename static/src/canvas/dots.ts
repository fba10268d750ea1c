// The grid of dots behind everything.
import type { Look } from './camera';
import { make } from './dom';

/** Dots draws the grid with one element that is moved and scaled. */
export class Dots {
  readonly el = make('div', 'cv-grid');
  private step = 0;

  /** turn follows the camera. While zooming the dots are only scaled, as the base picture is; drawing them anew each frame would cost more than all else. */
  turn({ x, y, z }: Look, zooming: boolean) {
    let step = 20 * z;
    while (step < 14) step *= 2;
    while (step > 56) step /= 2;
    const k = step / this.step, { style } = this.el;
    if (!zooming || !(k > 0.77 && k < 1.3)) {
      if (step !== this.step) Object.assign(style, { backgroundSize: `${step}px ${step}px`, backgroundPosition: `${-step / 2}px ${-step / 2}px` });
      this.step = step;
    }
    const off = (v: number) => (((v % step) + step) % step) - step;
    style.transform = `translate(${off(x)}px,${off(y)}px) scale(${step / this.step})`;
  }
}
