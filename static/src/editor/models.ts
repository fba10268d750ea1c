// The model picker: a text field with the list of known models that the server
// drew, by provider, with prices. Any other name can be typed.

/** What the picker needs around it. */
export interface ModelsEnv {
  /** pick stores a model together with the provider it belongs to, as one step. */
  pick(key: string, model: string, provider: string): void;
}

/** Models handles every model field inside a slot. */
export class Models {
  private open: { input: HTMLInputElement; query: string; active: string } | null = null;

  constructor(private readonly slot: HTMLElement, private readonly env: ModelsEnv) {
    slot.addEventListener('input', (e) => { const input = fieldOf(e); if (input) this.show(input, input.value); });
    slot.addEventListener('keydown', (e) => this.key(e));
    slot.addEventListener('pointerdown', (e) => { if (itemOf(e) || toggleOf(e)) e.preventDefault(); });
    slot.addEventListener('click', (e) => this.click(e));
    slot.addEventListener('focusout', (e) => { if (!boxOf(e.target)?.contains(e.relatedTarget as Node | null)) this.close(); });
  }

  /** bound puts the list back as it was after the form was drawn anew. */
  bound() {
    const { open } = this;
    if (open && open.input.isConnected) this.paint();
    else this.open = null;
  }

  private key(e: KeyboardEvent) {
    const input = fieldOf(e);
    if (!input || e.isComposing || e.ctrlKey || e.metaKey) return;
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      if (this.open) this.step(e.key === 'ArrowDown' ? 1 : -1);
      else this.show(input, '');
    } else if (this.open && e.key === 'Enter') {
      e.preventDefault();
      const item = this.items().find((i) => i.id === this.open?.active);
      if (item) this.pick(item);
      else this.close();
    } else if (this.open && e.key === 'Escape') {
      e.preventDefault();
      this.close();
    }
  }

  private click(e: MouseEvent) {
    const item = itemOf(e), toggle = toggleOf(e);
    if (item) return this.pick(item);
    if (!toggle || toggle.disabled) return;
    const input = boxOf(toggle)!.querySelector<HTMLInputElement>('[role="combobox"]')!;
    input.focus();
    if (this.open) this.close();
    else this.show(input, '');
  }

  private show(input: HTMLInputElement, query: string) {
    if (input.disabled) return;
    const fresh = this.open?.input !== input;
    this.open = { input, query: query.trim().toLowerCase(), active: '' };
    this.paint();
    if (fresh) listOf(input)?.scrollIntoView({ block: 'nearest' });
  }

  private close() {
    const { open } = this;
    this.open = null;
    if (!open) return;
    open.input.setAttribute('aria-expanded', 'false');
    open.input.removeAttribute('aria-activedescendant');
    const list = listOf(open.input);
    if (list) list.hidden = true;
  }

  private pick(item: HTMLElement) {
    const input = boxOf(item)!.querySelector<HTMLInputElement>('[role="combobox"]')!;
    this.close();
    this.env.pick(input.dataset.key!, item.dataset.model ?? '', item.dataset.provider ?? '');
  }

  // What is shown follows from what is typed; every word must be found.
  private paint() {
    const { input, query } = this.open!, list = listOf(input);
    if (!list) return;
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    const words = query.split(/\s+/).filter(Boolean);
    for (const item of list.querySelectorAll<HTMLElement>('[role="option"]')) {
      item.hidden = !words.every((w) => item.dataset.search!.includes(w));
      item.classList.toggle('is-chosen', item.dataset.model === input.value);
    }
    for (const group of list.querySelectorAll<HTMLElement>('[role="group"]')) group.hidden = !group.querySelector('[role="option"]:not([hidden])');
    const none = list.querySelector<HTMLElement>('[data-models-none]');
    if (none) none.hidden = this.items().length > 0;
    this.mark();
  }

  private items(): HTMLElement[] {
    return [...(listOf(this.open?.input)?.querySelectorAll<HTMLElement>('[role="option"]:not([hidden])') ?? [])];
  }

  private step(by: number) {
    const items = this.items(), at = items.findIndex((i) => i.id === this.open!.active);
    const next = at < 0 ? (by > 0 ? 0 : items.length - 1) : (at + by + items.length) % items.length;
    this.open!.active = items[next]?.id ?? '';
    this.mark();
    items[next]?.scrollIntoView({ block: 'nearest' });
  }

  private mark() {
    const { input, active } = this.open!;
    for (const item of listOf(input)!.querySelectorAll('[role="option"]')) item.setAttribute('aria-selected', String(item.id === active));
    if (active) input.setAttribute('aria-activedescendant', active);
    else input.removeAttribute('aria-activedescendant');
  }
}

const boxOf = (el: EventTarget | null): HTMLElement | null => (el instanceof Element ? el.closest<HTMLElement>('[data-models]') : null);
const listOf = (input: Element | undefined): HTMLElement | null => boxOf(input ?? null)?.querySelector<HTMLElement>('[data-models-list]') ?? null;
const fieldOf = (e: Event): HTMLInputElement | null => (e.target as Element).closest<HTMLInputElement>('[data-models] [role="combobox"]');
const itemOf = (e: Event): HTMLElement | null => (e.target as Element).closest<HTMLElement>('[data-models] [role="option"]');
const toggleOf = (e: Event): HTMLButtonElement | null => (e.target as Element).closest<HTMLButtonElement>('[data-models-open]');
