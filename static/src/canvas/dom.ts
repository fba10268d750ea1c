// Making elements: text and attributes only, never markup from data.

/** make creates an element with a class, attributes and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K, className = '', attributes: Record<string, string> = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  if (className) el.className = className;
  for (const [name, value] of Object.entries(attributes)) el.setAttribute(name, value);
  el.append(...children);
  return el;
}

/** isField reports whether typing belongs to the element and not to the canvas. */
export function isField(target: EventTarget | null): boolean {
  return target instanceof Element && !!target.closest('input,textarea,select,[contenteditable=""],[contenteditable="true"]');
}

/** isControl reports whether pressing the element is for the element itself. */
export function isControl(target: EventTarget | null): boolean {
  return isField(target) || (target instanceof Element && !!target.closest('button,a[href],summary,dialog,[role="menu"]'));
}
