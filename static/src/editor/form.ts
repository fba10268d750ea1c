// The settings of one step: what is typed goes into the document, merged to one
// undo step per field, and what the document says elsewhere comes back.
import type { Canvas, RFNode, Spec } from '../canvas/main';
import { defaultOf, member, put, read, shown, type Reading } from './fields';
import { Picture } from './picture';

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Form binds the fields that the server drew into a slot. */
export class Form {
  /** The step whose fields these are; empty when there are none. */
  node = '';
  private typing = false;

  constructor(private readonly slot: HTMLElement, private readonly canvas: Canvas, private readonly specs: Map<string, Spec>) {
    slot.addEventListener('input', (e) => this.input(e));
    slot.addEventListener('change', (e) => this.input(e));
    slot.addEventListener('keydown', (e) => this.key(e));
    slot.addEventListener('focusout', () => this.canvas.store.seal());
    new Picture(slot, { node: () => this.node, put: (node, key, value) => this.store(node, key, value, 'Choose picture') });
  }

  /** bind takes over the fields of a step after they were drawn. */
  bind(node: string) {
    this.node = node;
    this.sync();
    // What the server says about a field stays until it is changed.
    for (const c of this.controls()) if (readOf(c).problem) this.check(c, readOf(c));
  }

  /** sync writes the values of the document into the fields, but not under the cursor. */
  sync() {
    const node = this.node ? this.canvas.store.node(this.node) : undefined;
    if (!node || this.typing) return;
    const data = dataOf(node), spec = this.specs.get(node.type ?? '');
    for (const c of this.controls()) {
      const text = shown(widgetOf(c), member(data, c.dataset.key!), defaultOf(spec?.fields, c.dataset.key!));
      // Text that is not valid yet is not in the document as it is typed: leave it while it has the focus.
      if (c === document.activeElement && same(readOf(c), member(data, c.dataset.key!))) continue;
      if (write(c, text)) this.check(c, readOf(c));
    }
  }

  private controls(): Control[] {
    return [...this.slot.querySelectorAll<Control>('[data-key]')];
  }

  private input(e: Event) {
    const c = (e.target as Element).closest<Control>('[data-key]');
    if (!c || c.disabled || !this.node) return;
    const r = readOf(c);
    this.check(c, r);
    if (!r.keep) this.store(this.node, c.dataset.key!, r.value, `Change ${labelFor(c)}`);
  }

  /** put stores several members as one undo step and shows them. */
  put(values: Record<string, unknown>, label: string) {
    const node = this.node ? this.canvas.store.node(this.node) : undefined;
    if (!node) return;
    const data = Object.entries(values).reduce((d, [key, value]) => put(d, key, value), dataOf(node));
    this.canvas.store.seal();
    this.canvas.store.apply({ nodes: { update: { [node.id]: { data } } } }, label);
    this.canvas.store.seal();
    for (const key of Object.keys(values)) this.fill(key, data[key]);
  }

  private fill(key: string, value: unknown) {
    const c = this.controls().find((x) => x.dataset.key === key);
    if (c && write(c, shown(widgetOf(c), value, undefined))) this.check(c, readOf(c));
  }

  private store(id: string, key: string, value: unknown, label: string) {
    const node = this.canvas.store.node(id);
    if (!node) return;
    // While our own change goes round, the fields are right as they are.
    this.typing = true;
    try {
      this.canvas.store.apply({ nodes: { update: { [node.id]: { data: put(dataOf(node), key, value) } } } }, label, { merge: `field ${node.id} ${key}` });
    } finally {
      this.typing = false;
    }
  }

  private key(e: KeyboardEvent) {
    if (e.key !== 'Escape' || e.defaultPrevented) return;
    e.preventDefault();
    this.canvas.focus();
  }

  // What the browser can tell while typing stands in for what the server said about
  // the field, until the server answers again or the browser has nothing to say.
  private check(c: Control, r: Reading) {
    const field = c.closest('.field');
    if (!field || c.type === 'hidden') return;
    let err = field.querySelector<HTMLElement>('.err');
    if (!r.problem) {
      if (!err || err.dataset.own === undefined) return;
      if (err.dataset.said) {
        err.textContent = err.dataset.said;
        delete err.dataset.own;
        return;
      }
      err.remove();
      c.removeAttribute('aria-invalid');
      return;
    }
    if (!err) {
      err = document.createElement('span');
      err.className = 'err';
      err.id = `${c.id}-err`;
      (c.closest('[data-models], .secret') ?? c).after(err);
    } else if (err.dataset.own === undefined) {
      err.dataset.said = err.textContent ?? '';
    }
    err.dataset.own = '';
    if (err.textContent !== r.problem) err.textContent = r.problem;
    c.setAttribute('aria-invalid', 'true');
    const ids = new Set((c.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean));
    c.setAttribute('aria-describedby', [...ids.add(err.id)].join(' '));
  }
}

function dataOf(node: RFNode): Record<string, unknown> {
  const data: unknown = node.data;
  return data && typeof data === 'object' && !Array.isArray(data) ? (data as Record<string, unknown>) : {};
}

// The fixed value for a failure is any JSON value; other JSON fields may also hold text that is none yet.
const widgetOf = (c: Control): string => (c.dataset.key === 'fallback' ? 'value' : c.dataset.widget ?? '');

function readOf(c: Control): Reading {
  const box = c instanceof HTMLInputElement && c.type === 'checkbox';
  const limits = c instanceof HTMLInputElement ? { min: c.min, max: c.max } : {};
  return read({ widget: widgetOf(c), text: box ? String(c.checked) : c.value, unreadable: c.validity.badInput, required: c.required && !c.disabled, ...limits });
}

function same(r: Reading, value: unknown): boolean {
  return !!r.keep || JSON.stringify(r.value) === JSON.stringify(value);
}

function write(c: Control, text: string): boolean {
  if (c instanceof HTMLInputElement && c.type === 'checkbox') {
    const on = text === 'true';
    if (c.checked === on) return false;
    c.checked = on;
    return true;
  }
  if (c.value === text || (c.validity.badInput && c === document.activeElement)) return false;
  if (c instanceof HTMLSelectElement && ![...c.options].some((o) => o.value === text)) return false;
  c.value = text;
  return true;
}

function labelFor(c: Control): string {
  const text = c.labels?.[0]?.firstChild?.textContent?.trim();
  return (text || c.dataset.key || 'setting').toLowerCase();
}
