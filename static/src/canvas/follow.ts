// Following a run: the view glides to the step at work, until a hand moves it.
import type { Graph } from './graph';
import type { View } from './view';

const STEP = 0.18;
const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Follow keeps the step at work in view while it is on. */
export class Follow {
  /** Hears when following begins or ends. */
  onChange: (on: boolean) => void = () => {};
  private active = false;
  private own = false;
  private target = '';
  private frame = 0;

  constructor(private readonly view: View, private readonly graph: Graph) {
    view.onTurn = () => { if (!this.own) this.set(false); };
  }

  /** on reports whether the run is followed. */
  get on(): boolean {
    return this.active;
  }

  /** set begins or ends following. */
  set(on: boolean) {
    if (on === this.active) return;
    this.active = on;
    if (!on) cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (on && this.target) this.at(this.target);
    this.onChange(on);
  }

  /** at names the step at work. */
  at(id: string) {
    this.target = id;
    if (!this.active || this.frame) return;
    if (still()) this.jump();
    else this.frame = requestAnimationFrame(this.glide);
  }

  private rest(): { x: number; y: number } {
    const i = this.graph.at(this.target), { cam } = this.view;
    if (i < 0) return { x: 0, y: 0 };
    const b = this.graph.box(i), p = cam.toView({ x: (b.x0 + b.x1) / 2, y: (b.y0 + b.y1) / 2 });
    return { x: cam.width / 2 - p.x, y: cam.height / 2 - p.y };
  }

  private jump() {
    const { x, y } = this.rest();
    this.pan(x, y);
  }

  private readonly glide = () => {
    this.frame = 0;
    if (!this.active) return;
    const { x, y } = this.rest();
    if (Math.hypot(x, y) < 1) return this.pan(x, y);
    this.pan(x * STEP, y * STEP);
    this.frame = requestAnimationFrame(this.glide);
  };

  private pan(x: number, y: number) {
    if (!x && !y) return;
    this.own = true;
    this.view.panBy(x, y);
    this.own = false;
  }
}
