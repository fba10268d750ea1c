// The buttons at a step that waits for an approval. With several, the selected one
// or the first in view is asked about. They dispatch 'heddle:answer'.
import type { Board } from './board';
import { make } from './dom';

/** AskBar lies under the step that waits. Its buttons are in the Output tab too, so they are no tab stops. */
export class AskBar {
  readonly el = make('div', 'cv-float cv-ask', { role: 'group', 'aria-label': 'Approval' });
  private node = '';

  constructor(private readonly b: Board) {
    this.el.hidden = true;
    this.el.append(this.button('Approve', true), this.button('Reject', false));
  }

  private button(name: string, approved: boolean): HTMLButtonElement {
    const button = make('button', approved ? 'cv-ask__button cv-ask__button--main' : 'cv-ask__button', { type: 'button', tabindex: '-1' }, name);
    button.addEventListener('click', () => document.dispatchEvent(new CustomEvent('heddle:answer', { detail: { node: this.node, approved } })));
    return button;
  }

  /** tick brings the buttons up to date before a frame; busy hides them. */
  tick(busy: boolean) {
    const { asking } = this.b.statuses;
    const node = busy || !asking.size || this.b.view.blocks() ? '' : this.choose([...asking]);
    if (node !== this.node) {
      this.node = node;
      this.el.hidden = !node;
    }
    if (node) this.place(this.b.graph.at(node));
  }

  private choose(ids: string[]): string {
    const { graph, store, view } = this.b, chosen = store.selection().nodes.find((id) => ids.includes(id)), { cam } = view;
    const inView = (id: string) => {
      const i = graph.at(id);
      if (i < 0) return false;
      const { x0, y0, x1, y1 } = graph.box(i), a = cam.toView({ x: x0, y: y0 }), b = cam.toView({ x: x1, y: y1 });
      return b.x > 0 && a.x < cam.width && b.y > 0 && a.y < cam.height;
    };
    return chosen !== undefined && inView(chosen) ? chosen : ids.find(inView) ?? '';
  }

  private place(i: number) {
    const { x0, x1, y1 } = this.b.graph.box(i), p = this.b.view.cam.toView({ x: (x0 + x1) / 2, y: y1 });
    this.el.style.transform = `translate(${Math.round(p.x)}px,${Math.round(p.y)}px) translate(-50%, 8px)`;
  }
}
