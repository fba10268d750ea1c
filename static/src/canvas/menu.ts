// The popover menu: the context menu and the zoom menu.
import { make } from './dom';
import type { Point } from './document';
import { written } from './keys';

/** One line of a menu. */
export interface Item { name: string; keys?: string; disabled?: boolean; perform(): void }

/** Menu shows one list of items at a time. */
export class Menu {
  private el: HTMLElement | null = null;
  private readonly away = (e: Event) => {
    if (this.el && !this.el.contains(e.target as Node)) this.close();
  };

  constructor(private readonly root: HTMLElement, private readonly back: () => void) {}

  /** open shows items with the top left corner at a point of the root, moved to stay inside. */
  open(label: string, items: readonly Item[], at: Point) {
    this.close();
    const el = make('div', 'cv-menu', { role: 'menu', 'aria-label': label, tabindex: '-1' });
    el.append(...items.map((item) => this.line(item)));
    el.addEventListener('keydown', (e) => this.key(e));
    el.addEventListener('contextmenu', (e) => e.preventDefault());
    this.root.append(el);
    this.el = el;
    const fit = (v: number, size: number, room: number) => Math.max(4, Math.min(v, room - size - 4));
    el.style.left = `${fit(at.x, el.offsetWidth, this.root.clientWidth)}px`;
    el.style.top = `${fit(at.y, el.offsetHeight, this.root.clientHeight)}px`;
    addEventListener('pointerdown', this.away, { capture: true });
    (this.lines().find((b) => b.getAttribute('aria-disabled') !== 'true') ?? el).focus();
  }

  /** close hides the menu and gives the focus back; false when none was open. */
  close(): boolean {
    const { el } = this;
    if (!el) return false;
    this.el = null;
    removeEventListener('pointerdown', this.away, { capture: true });
    const had = el.contains(document.activeElement);
    el.remove();
    if (had) this.back();
    return true;
  }

  private line(item: Item): HTMLElement {
    const button = make('button', 'cv-menu__item', { type: 'button', role: 'menuitem', tabindex: '-1' }, make('span', '', {}, item.name));
    if (item.keys) button.append(make('kbd', '', { 'aria-hidden': 'true' }, written(item.keys)));
    if (item.disabled) button.setAttribute('aria-disabled', 'true');
    button.addEventListener('click', () => {
      if (item.disabled) return;
      this.close();
      item.perform();
    });
    return button;
  }

  private lines(): HTMLElement[] {
    return [...(this.el?.children ?? [])] as HTMLElement[];
  }

  private key(e: KeyboardEvent) {
    const lines = this.lines(), here = lines.indexOf(document.activeElement as HTMLElement);
    const to: Record<string, number> = { ArrowDown: here + 1, ArrowUp: here < 0 ? lines.length - 1 : here - 1 + lines.length, Home: 0, End: lines.length - 1 };
    e.stopPropagation();
    if (e.key in to) lines[to[e.key]! % lines.length]?.focus();
    else if (e.key === 'Escape' || e.key === 'Tab') this.close();
    else if (e.key.length === 1 && !e.ctrlKey && !e.metaKey && e.key !== ' ') this.seek(e.key, lines, here);
    else return;
    e.preventDefault();
  }

  private seek(letter: string, lines: HTMLElement[], here: number) {
    const order = [...lines.slice(here + 1), ...lines.slice(0, here + 1)];
    order.find((l) => l.textContent?.toLowerCase().startsWith(letter.toLowerCase()))?.focus();
  }
}
