// The floating bar of a selection of several steps: how many, and what can be done with them.
import type { ActionTable } from './actions';
import type { Board } from './board';
import { make } from './dom';
import type { Point } from './document';
import { union, type Box } from './geometry';
import { icon } from './icons';
import { written } from './keys';
import type { RFNode } from './document';
import { stepsOf } from './tools/drag';
import { roving } from './toolbar';

const glyphs: Record<string, string> = {
  'align-left': 'M2.5 1.5v13M5 4h8v2.5H5zM5 9.5h5V12H5z',
  'align-centre': 'M8 1.5v13M3.5 4h9v2.5h-9zM5 9.5h6V12H5z',
  'align-right': 'M13.5 1.5v13M3 4h8v2.5H3zM6 9.5h5V12H6z',
  'align-top': 'M1.5 2.5h13M4 5h2.5v8H4zM9.5 5H12v5H9.5z',
  'align-middle': 'M1.5 8h13M4 3.5h2.5v9H4zM9.5 5H12v6H9.5z',
  'align-bottom': 'M1.5 13.5h13M4 3h2.5v8H4zM9.5 6H12v5H9.5z',
  'distribute-x': 'M1.5 2v12M14.5 2v12M6 4.5h4v7H6z',
  'distribute-y': 'M2 1.5h12M2 14.5h12M4.5 6h7v4h-7z',
  tidy: 'M1.5 2h4v4h-4zM1.5 10h4v4h-4zM10.5 6h4v4h-4zM5.5 4c3 0 2 4 5 4m-5 4c3 0 2-4 5-4',
  group: 'M4 4h8v8H4zM1.5 1.5h2v2h-2zM12.5 1.5h2v2h-2zM1.5 12.5h2v2h-2zM12.5 12.5h2v2h-2z',
  'run-only': 'M4.5 2.5v11l9-5.5z',
  delete: 'M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9M6.6 7v4M9.4 7v4',
};

const groups = [
  ['align-left', 'align-centre', 'align-right', 'align-top', 'align-middle', 'align-bottom'],
  ['distribute-x', 'distribute-y', 'tidy'],
  ['group', 'run-only', 'delete'],
];

/** Space between the selection and the bar, and what stays free at the rim of the view. */
const AWAY = 14, RIM = 8;

/** SelectionBar shows the bar near the selection without covering it. */
export class SelectionBar {
  readonly el = make('div', 'cv-float cv-selection', { role: 'toolbar', 'aria-label': 'Selected steps' });
  private readonly count = make('span', 'cv-float__count');
  private readonly buttons = new Map<string, HTMLButtonElement>();
  private nodes: readonly RFNode[] | null = null;
  private ids: readonly string[] | null = null;
  private places: number[] = [];
  private size = { w: 0, h: 0 };

  constructor(private readonly b: Board, private readonly table: ActionTable) {
    this.el.hidden = true;
    this.el.append(this.count);
    for (const ids of groups) {
      const known = ids.filter((id) => table.get(id));
      if (known.length) this.el.append(make('span', 'cv-float__line', { 'aria-hidden': 'true' }), ...known.map((id) => this.button(id)));
    }
    roving(this.el);
    this.el.addEventListener('keydown', (e) => {
      if (e.key !== 'Escape') return;
      e.preventDefault();
      b.view.stage.focus({ preventScroll: true });
    });
  }

  private button(id: string): HTMLButtonElement {
    const a = this.table.get(id)!, name = a.keys[0] ? `${a.name} (${written(a.keys[0])})` : a.name;
    const button = make('button', 'cv-float__button', { type: 'button', 'aria-label': a.name, title: name, 'data-action': id });
    const { svg, path } = icon('cv-float__icon');
    path.setAttribute('d', glyphs[id] ?? '');
    button.append(svg);
    button.addEventListener('click', () => this.table.run(id));
    this.buttons.set(id, button);
    return button;
  }

  /** tick brings the bar up to date before a frame; busy hides it. */
  tick(busy: boolean) {
    const { nodes } = this.b.store.selection();
    if (busy || nodes.length < 2 || this.b.readOnly) {
      this.hide();
      return;
    }
    if (nodes !== this.ids || this.nodes !== this.b.graph.nodes) this.fill(nodes);
    if (this.el.hidden) this.show();
    this.place();
  }

  private hide() {
    if (this.el.hidden) return;
    const had = this.el.contains(document.activeElement);
    this.el.hidden = true;
    if (had) this.b.view.stage.focus({ preventScroll: true });
  }

  private fill(ids: readonly string[]) {
    this.ids = ids;
    this.nodes = this.b.graph.nodes;
    this.places = ids.map((id) => this.b.graph.at(id)).filter((i) => i >= 0);
    const text = stepsOf(this.places.length);
    if (this.count.textContent !== text) this.count.textContent = text;
    for (const [id, button] of this.buttons) button.setAttribute('aria-disabled', String(!this.table.can(this.table.get(id)!)));
    this.size = { w: 0, h: 0 };
  }

  private show() {
    this.el.hidden = false;
    this.size = { w: 0, h: 0 };
  }

  private place() {
    const { cam } = this.b.view;
    if (!this.size.w) this.size = { w: this.el.offsetWidth, h: this.el.offsetHeight };
    const cards = this.places.map((i) => this.b.graph.box(i)).map((c) => seen(cam.toView({ x: c.x0, y: c.y0 }), cam.toView({ x: c.x1, y: c.y1 })));
    if (!cards.length) return;
    const at = beside(cards, this.size, cam);
    this.el.style.transform = `translate(${Math.round(at.x)}px,${Math.round(at.y)}px)`;
  }
}

const seen = (a: Point, b: Point): Box => ({ x0: a.x, y0: a.y, x1: b.x, y1: b.y });

/** beside returns where a bar goes: above the cards, else below, left or right of them. When they
 * fill the view, it goes to the place at the rim where it covers the fewest of them. All are in
 * pixels of the view. */
export function beside(cards: readonly Box[], size: { w: number; h: number }, view: { width: number; height: number }): Point {
  const keep = (v: number, most: number) => Math.max(RIM, Math.min(v, most - RIM));
  const all = cards.reduce<Box | null>((sum, c) => union(sum, c), null)!;
  const x = keep((all.x0 + all.x1 - size.w) / 2, view.width - size.w), y = keep((all.y0 + all.y1 - size.h) / 2, view.height - size.h);
  const above = all.y0 - AWAY - size.h, below = all.y1 + AWAY, left = all.x0 - AWAY - size.w, right = all.x1 + AWAY;
  if (above >= RIM) return { x, y: Math.min(above, view.height - size.h - RIM) };
  if (below + size.h <= view.height - RIM - ZOOMBAR) return { x, y: Math.max(below, RIM) };
  if (left >= RIM) return { x: Math.min(left, view.width - size.w - RIM), y };
  if (right + size.w <= view.width - RIM) return { x: Math.max(right, RIM), y };
  return freest(cards, size, view, x);
}

// The zoom bar is at the lower left.
const ZOOMBAR = 52;

function freest(cards: readonly Box[], size: { w: number; h: number }, view: { width: number; height: number }, middle: number): Point {
  const bottom = view.height - size.h - RIM, right = view.width - size.w - RIM;
  const places = [[middle, RIM], [RIM, RIM], [right, RIM], [right, bottom], [middle, bottom], [RIM, bottom - ZOOMBAR]].map(([x, y]) => ({ x: x!, y: y! }));
  const covered = (at: Point) => cards.filter((c) => c.x0 < at.x + size.w && c.x1 > at.x && c.y0 < at.y + size.h && c.y1 > at.y).length;
  const sums = places.map(covered);
  return places[sums.indexOf(Math.min(...sums))]!;
}
