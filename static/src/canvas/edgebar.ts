// Two buttons at the connection under the pointer, or the one selected: insert a step, remove it.
import type { Board } from './board';
import { passedOn } from './chip';
import { make } from './dom';
import { icon } from './icons';
import { curvePoint, nearCurve } from './geometry';

/** How long the buttons stay when the pointer leaves the connection on its way to them. */
const GRACE = 350;

/** EdgeBar shows the buttons. Its actions are in the menu of a connection too, so it is no tab stop. */
export class EdgeBar {
  readonly el = make('div', 'cv-float cv-edge', { role: 'group', 'aria-label': 'Connection' });
  private readonly value = make('div', 'cv-edge__value');
  private edge = '';
  private t = 0.5;
  private over = false;
  private timer = 0;

  constructor(private readonly b: Board) {
    this.el.hidden = true;
    this.value.hidden = true;
    this.el.append(this.button('Insert a step here', 'M8 2.5v11M2.5 8h11', () => this.insert()), this.button('Remove this connection', 'M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9', () => this.remove()), this.value);
    this.el.addEventListener('pointerenter', () => { this.over = true; this.light(); });
    this.el.addEventListener('pointerleave', () => { this.over = false; b.view.hover(-1); });
  }

  /** destroy ends the wait for the pointer. */
  destroy() {
    clearTimeout(this.timer);
  }

  private button(name: string, path: string, go: () => void): HTMLButtonElement {
    const button = make('button', 'cv-float__button', { type: 'button', 'aria-label': name, title: name, tabindex: '-1' }), i = icon('cv-float__icon');
    i.path.setAttribute('d', path);
    button.append(i.svg);
    button.addEventListener('click', go);
    return button;
  }

  /** tick brings the buttons up to date before a frame: over is the edge under the pointer or -1; busy hides them. */
  tick(over: number, busy: boolean) {
    const { graph: g, view, store } = this.b, { nodes, edges } = store.selection();
    const chosen = edges.length === 1 && !nodes.length ? edges[0]! : '';
    if (busy || this.b.readOnly || view.blocks()) return this.hide();
    if (over >= 0) this.aim(g.edges[over]!.id, true);
    else if (!this.over && this.edge !== chosen) this.later(chosen);
    const k = g.edgeAt(this.edge);
    if (k < 0 || !g.drawn(k)) return this.hide();
    this.el.hidden = false;
    this.tell(passedOn(g, k, (id) => this.b.statuses.of(id)));
    this.place(k);
  }

  private aim(edge: string, atPointer: boolean) {
    clearTimeout(this.timer);
    this.timer = 0;
    if (edge === this.edge) return;
    this.edge = edge;
    this.t = 0.5;
    const k = this.b.graph.edgeAt(edge), p = this.b.pointer();
    if (!atPointer || !p || k < 0 || this.inView(k)) return;
    this.t = nearCurve(this.b.graph.from(k), this.b.graph.to(k), p).t;
  }

  private inView(k: number): boolean {
    const { cam } = this.b.view, p = cam.toView(curvePoint(this.b.graph.from(k), this.b.graph.to(k), 0.5));
    return p.x > 40 && p.x < cam.width - 40 && p.y > 56 && p.y < cam.height - 8;
  }

  private later(next: string) {
    if (!this.edge || this.el.hidden) return this.aim(next, false);
    this.timer ||= window.setTimeout(() => {
      this.timer = 0;
      if (!this.over) this.edge = next;
      this.t = 0.5;
      this.b.view.redraw();
    }, GRACE);
  }

  private hide() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.over = false;
    this.edge = '';
    this.el.hidden = true;
  }

  // What passed along the connection in the run that is shown.
  private tell(text: string) {
    if (this.value.textContent === text) return;
    this.value.textContent = text;
    this.value.hidden = text === '';
  }

  private place(k: number) {
    const g = this.b.graph, p = this.b.view.cam.toView(curvePoint(g.from(k), g.to(k), this.t));
    this.el.style.transform = `translate(${Math.round(p.x)}px,${Math.round(p.y)}px) translate(-50%, calc(-100% - 7px))`;
  }

  private light() {
    const k = this.b.graph.edgeAt(this.edge);
    if (k >= 0) this.b.view.hover(k);
  }

  private insert() {
    const g = this.b.graph, { edge } = this, k = g.edgeAt(edge);
    if (k < 0) return;
    const at = curvePoint(g.from(k), g.to(k), this.t);
    this.hide();
    this.b.view.hover(-1);
    this.b.insertOn(edge, at);
  }

  private remove() {
    const { edge } = this;
    this.hide();
    this.b.view.hover(-1);
    this.b.store.apply({ edges: { remove: [edge] } }, 'Disconnect');
    this.b.view.stage.focus({ preventScroll: true });
    this.b.say('Connection removed.');
  }
}
