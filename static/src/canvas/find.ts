// Find in the canvas: steps by name, kind and the text of their fields. Cards that
// are not near the view have no element, so the browser's own search cannot see them.
import { pickOnly, type Board } from './board';
import { dataOf, labelOf, type RFNode } from './document';
import { make } from './dom';
import { contains } from './fuzzy';
import type { Spec } from './spec';

/** textOf returns what find looks through: name, kind, and every text in the fields. */
export function textOf(node: RFNode, spec: Spec | undefined): string {
  const out = [labelOf(node), spec?.title ?? '', node.type ?? ''];
  collect(dataOf(node), out);
  return out.join('\n');
}

function collect(value: unknown, out: string[]) {
  if (typeof value === 'string') {
    // A picture in its address is no text.
    if (!value.startsWith('data:')) out.push(value);
  } else if (typeof value === 'number') out.push(String(value));
  else if (value && typeof value === 'object') for (const v of Object.values(value)) collect(v, out);
}

/** matches returns the places of the steps that a query finds, in the order of the document. */
export function matches(b: Pick<Board, 'graph'>, query: string): number[] {
  if (!query.trim()) return [];
  return [...b.graph.nodes.keys()].filter((i) => contains(textOf(b.graph.nodes[i]!, b.graph.spec(i)), query));
}

/** Find is the bar at the top of the canvas. */
export class Find {
  private readonly field = make('input', 'cv-find__field', { type: 'text', 'aria-label': 'Find in the canvas', placeholder: 'Find a step, or a text in it', autocomplete: 'off', spellcheck: 'false' });
  private readonly count = make('span', 'cv-find__count', { role: 'status' });
  private readonly el = make('div', 'cv-find', { role: 'search', 'aria-label': 'Find in the canvas' });
  private found: string[] = [];
  private here = -1;
  private open = false;

  constructor(private readonly root: HTMLElement, private readonly b: Board) {
    const button = (text: string, label: string, go: () => void) => {
      const el = make('button', 'cv-button', { type: 'button', 'aria-label': label, title: label }, text);
      el.addEventListener('click', go);
      return el;
    };
    this.el.append(this.field, this.count, button('↑', 'Previous', () => this.step(-1)), button('↓', 'Next', () => this.step(1)), button('✕', 'Close', () => this.close()));
    this.el.addEventListener('keydown', (e) => this.key(e));
    this.field.addEventListener('input', () => this.search());
  }

  /** show opens the bar and puts the focus into it. */
  show() {
    if (!this.open) this.root.append(this.el);
    this.open = true;
    this.field.focus({ preventScroll: true });
    this.field.select();
    this.search();
  }

  /** close hides the bar; false when it was not open. The step found last stays selected. */
  close(): boolean {
    if (!this.open) return false;
    this.open = false;
    const had = this.el.contains(document.activeElement);
    this.el.remove();
    if (had) this.b.view.stage.focus({ preventScroll: true });
    return true;
  }

  private search() {
    const was = this.found[this.here];
    this.found = matches(this.b, this.field.value).map((i) => this.b.graph.nodes[i]!.id);
    this.here = was === undefined ? -1 : this.found.indexOf(was);
    if (this.here < 0 && this.found.length) this.go(0);
    else this.tell();
  }

  private step(by: number) {
    const now = matches(this.b, this.field.value).map((i) => this.b.graph.nodes[i]!.id);
    const was = this.found[this.here] ?? '';
    this.found = now;
    this.here = now.indexOf(was);
    if (now.length) this.go((this.here + by + now.length) % now.length);
    else this.tell();
  }

  private go(n: number) {
    this.here = n;
    const { b } = this, i = b.graph.at(this.found[n]!);
    pickOnly(b, [i]);
    b.view.raise([i]);
    b.view.centre(b.graph.box(i));
    this.tell();
  }

  private tell() {
    const { length } = this.found, node = this.b.graph.nodes[this.b.graph.at(this.found[this.here] ?? '')];
    const text = !this.field.value.trim() ? '' : length ? `${this.here + 1} of ${length}` : 'No step';
    this.count.replaceChildren(text, ...(node && length ? [make('span', 'sr', {}, `, ${labelOf(node)}`)] : []));
    this.field.setAttribute('aria-invalid', String(text === 'No step'));
  }

  private key(e: KeyboardEvent) {
    e.stopPropagation();
    if (e.isComposing) return;
    const inField = e.target === this.field;
    if (e.key === 'Escape') this.close();
    else if (e.key === 'F3' || (inField && e.key === 'Enter')) this.step(e.shiftKey ? -1 : 1);
    else if (inField && e.key === 'ArrowDown') this.step(1);
    else if (inField && e.key === 'ArrowUp') this.step(-1);
    else return;
    e.preventDefault();
  }
}
