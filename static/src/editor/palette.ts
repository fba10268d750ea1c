// The list of steps: a click adds one at the middle, a drag drops it at the
// pointer, typing filters, and all of it works from the keyboard.
import type { Canvas } from '../canvas/main';

const TYPE = 'application/x-heddle-kind';

/** matches reports whether every word of a query is found in the text. */
export const matches = (text: string, query: string): boolean => query.toLowerCase().split(/\s+/).filter(Boolean).every((w) => text.includes(w));

/** Palette wires the list that the server rendered. */
export class Palette {
  private readonly root = document.getElementById('palette')!;
  private readonly search = document.getElementById('palette-search') as HTMLInputElement;
  private readonly stage = document.getElementById('canvas')!;

  constructor(private readonly canvas: Canvas) {
    this.root.addEventListener('click', (e) => this.click(e));
    this.root.addEventListener('dragstart', (e) => this.start(e));
    this.root.addEventListener('keydown', (e) => this.key(e));
    this.search.addEventListener('input', () => this.filter());
    this.stage.addEventListener('dragover', (e) => this.over(e));
    this.stage.addEventListener('drop', (e) => this.drop(e));
    document.addEventListener('keydown', (e) => this.slash(e));
  }

  private buttons(): HTMLButtonElement[] {
    return [...this.root.querySelectorAll<HTMLButtonElement>('button[data-kind]')].filter((b) => !b.closest('[hidden]'));
  }

  private kindOf(e: Event): string | undefined {
    return (e.target as Element).closest<HTMLElement>('button[data-kind]')?.dataset.kind;
  }

  private click(e: MouseEvent) {
    const kind = this.kindOf(e);
    if (kind) this.canvas.addNode(kind);
  }

  private start(e: DragEvent) {
    const kind = this.kindOf(e);
    if (!kind || !e.dataTransfer) return;
    e.dataTransfer.setData(TYPE, kind);
    e.dataTransfer.effectAllowed = 'copy';
  }

  private over(e: DragEvent) {
    if (!e.dataTransfer?.types.includes(TYPE)) return;
    e.preventDefault();
    e.dataTransfer.dropEffect = 'copy';
  }

  private drop(e: DragEvent) {
    const kind = e.dataTransfer?.getData(TYPE);
    if (!kind) return;
    e.preventDefault();
    this.canvas.addNode(kind, this.canvas.screenToDoc(e.clientX, e.clientY));
    this.canvas.focus();
  }

  private filter() {
    const query = this.search.value;
    for (const b of this.root.querySelectorAll<HTMLElement>('button[data-kind]')) (b.closest('li') ?? b).hidden = !matches(b.dataset.search ?? '', query);
    for (const s of this.root.querySelectorAll<HTMLElement>('.pal__group')) s.hidden = !s.querySelector('li:not([hidden])');
    const empty = document.getElementById('palette-empty');
    if (empty) empty.hidden = this.buttons().length > 0;
  }

  private key(e: KeyboardEvent) {
    const list = this.buttons(), here = list.indexOf(document.activeElement as HTMLButtonElement);
    const searching = document.activeElement === this.search;
    if (e.key === 'Escape') return this.leave(e);
    if (searching && e.key === 'Enter' && list[0]) {
      e.preventDefault();
      this.canvas.addNode(list[0].dataset.kind!);
      return;
    }
    const to: Record<string, number> = searching ? { ArrowDown: 0 } : { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: list.length - 1 };
    const next = to[e.key];
    if (next === undefined || (!searching && here < 0)) return;
    e.preventDefault();
    if (next < 0) this.search.focus();
    else list[Math.min(next, list.length - 1)]?.focus();
  }

  private leave(e: KeyboardEvent) {
    e.preventDefault();
    if (this.search.value) {
      this.search.value = '';
      this.filter();
      this.search.focus();
    } else {
      this.canvas.focus();
    }
  }

  // Before anything has the focus the picker opens as it does in the canvas, never while something is typed.
  private slash(e: KeyboardEvent) {
    if (e.target !== document.body || e.defaultPrevented || this.canvas.actions.match(e)?.id !== 'pick') return;
    e.preventDefault();
    this.canvas.focus();
    this.canvas.actions.run('pick');
  }
}
