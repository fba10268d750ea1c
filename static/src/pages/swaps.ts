// After htmx has put new content in: the focus, the title for screen readers, the
// marked entry of the navigation; and what a morph must leave alone.
import type { Htmx } from 'htmx.org';
import { announce } from './content';

interface Swapped {
  ctx: { target?: Element | null; swap?: string };
}

/** keepOpen is an htmx extension: a morph never opens or closes what people opened or closed. */
const keepOpen = {
  htmx_before_morph_attr: (el: Element, detail: { attrName: string }) =>
    !(detail.attrName === 'open' && (el instanceof HTMLDetailsElement || el instanceof HTMLDialogElement)),
};

function markSection() {
  const section = document.getElementById('main')?.dataset.section ?? '';
  for (const a of document.querySelectorAll<HTMLElement>('.top__nav a')) {
    if (a.dataset.section === section && section) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
}

let shown = '';

/** same reports whether the page is the one that was there, as after a form of the settings. */
function same() {
  const before = shown;
  shown = document.querySelector<HTMLElement>('#main [data-page]')?.dataset.page ?? '';
  return shown === before && shown === 'settings';
}

/** toMistake moves the focus to the first field with a mistake, if there is one. */
function toMistake() {
  const field = document.querySelector<HTMLElement>('#main [aria-invalid="true"]');
  field?.focus({ preventScroll: true });
  field?.scrollIntoView({ block: 'center' });
  return Boolean(field);
}

/**
 * land moves the focus to the first mistake, else to the heading of a new page. A morph
 * keeps it where it is.
 */
function land(swap: string) {
  const stays = same();
  const lost = !document.activeElement || document.activeElement === document.body;
  if (/morph/i.test(swap) && !lost) return;
  const h1 = document.querySelector<HTMLElement>('#main h1[tabindex="-1"]');
  if (!h1 || toMistake()) return;
  const aimed = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!/morph/i.test(swap) && !aimed && !stays) scrollTo(0, 0);
  h1.focus({ preventScroll: true });
  announce(document.title);
}

/** lean leaves empty fields out of the address of a search. */
function lean(e: FormDataEvent) {
  if (!(e.target as Element).matches('form[data-lean]')) return;
  for (const [name, value] of [...e.formData]) {
    if (value === '') e.formData.delete(name);
  }
}

/** startSwaps follows htmx. */
export function startSwaps(htmx: Htmx) {
  htmx.registerExtension('heddle', keepOpen);
  document.addEventListener('formdata', lean);
  same();
  document.addEventListener('htmx:finally:swap', (e) => {
    const { ctx } = (e as CustomEvent<Swapped>).detail;
    if (ctx.target && ctx.target.id !== 'main' && ctx.target !== document.body) return;
    markSection();
    land(ctx.swap ?? '');
  });
}
