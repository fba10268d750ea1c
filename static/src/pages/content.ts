// The content of a page comes and goes with htmx swaps: onContent runs for the
// first content and again for every new one.

/** onContent calls fn at once with the document's body and after each swap with the new content. */
export function onContent(fn: (root: HTMLElement) => void) {
  fn(document.body);
  document.addEventListener('htmx:after:swap', () => fn(document.body));
}

/** pageName returns which page is shown, as in "runs"; empty for pages without a script. */
export const pageName = (): string =>
  document.body.dataset.page ?? document.querySelector<HTMLElement>('#main [data-page]')?.dataset.page ?? '';

/** announce tells screen readers a short text. */
export function announce(text: string) {
  const live = document.getElementById('live');
  if (live) live.textContent = text;
}
