// A strip below the top bar for what concerns the whole page, with what can be done.
import { make } from '../canvas/dom';

/** One thing to do about it. */
export interface Choice { label: string; perform(): void; href?: string }

/** showBanner shows a strip, in place of the one with the same name. */
export function showBanner(name: string, text: string, choices: Choice[] = []) {
  const old = find(name);
  if (old?.dataset.text === text) return;
  const el = make('div', 'banner ed-banner', { role: 'status', 'data-name': name, 'data-text': text }, make('p', '', {}, text));
  for (const c of choices) el.append(c.href ? linkOf(c) : buttonOf(c));
  if (old) old.replaceWith(el);
  else document.getElementById('main')?.before(el);
}

function buttonOf(c: Choice): HTMLElement {
  const b = make('button', 'btn btn--sm', { type: 'button' }, c.label);
  b.addEventListener('click', () => c.perform());
  return b;
}

const linkOf = (c: Choice): HTMLElement => make('a', 'btn btn--sm', { href: c.href!, target: '_blank', rel: 'noopener' }, c.label);

/** hideBanner takes a strip away. */
export function hideBanner(name: string) {
  find(name)?.remove();
}

const find = (name: string) => [...document.querySelectorAll<HTMLElement>('.ed-banner')].find((el) => el.dataset.name === name);
