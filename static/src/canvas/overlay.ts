// What gestures show over the cards: the selection band and a short text beside the pointer.
import type { Camera } from './camera';
import { make } from './dom';
import type { Point } from './document';
import type { Box } from './geometry';

/** Overlay shows the band and the tip. */
export class Overlay {
  readonly band = make('div', 'cv-band');
  readonly hint = make('div', 'cv-tip', { role: 'presentation' });

  constructor() {
    this.band.hidden = this.hint.hidden = true;
  }

  /** marquee shows the band around a part of the document; null hides it. */
  marquee(cam: Camera, box: Box | null) {
    this.band.hidden = !box;
    if (!box) return;
    const a = cam.toView({ x: box.x0, y: box.y0 }), b = cam.toView({ x: box.x1, y: box.y1 });
    Object.assign(this.band.style, { transform: `translate(${a.x}px,${a.y}px)`, width: `${b.x - a.x}px`, height: `${b.y - a.y}px` });
  }

  /** tip shows a text beside a point of the view; null hides it. */
  tip(cam: Camera, text: string | null, at?: Point) {
    this.hint.hidden = !text;
    if (this.hint.textContent !== (text ?? '')) this.hint.textContent = text ?? '';
    if (!text || !at) return;
    const left = Math.min(at.x + 16, Math.max(8, cam.width - 270)), top = Math.min(at.y + 18, cam.height - 44);
    this.hint.style.transform = `translate(${left}px,${top}px)`;
  }
}
