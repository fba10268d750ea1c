// A row of buttons that is one tab stop: arrow keys move inside.

/** roving makes the buttons in an element one tab stop. */
export function roving(el: HTMLElement) {
  const buttons = () => [...el.querySelectorAll<HTMLElement>('button')].filter((b) => !b.hidden);
  const only = (one: HTMLElement) => buttons().forEach((b) => { b.tabIndex = b === one ? 0 : -1; });
  const first = buttons()[0];
  if (first) only(first);
  el.addEventListener('focusin', (e) => { if (e.target instanceof HTMLElement && e.target.matches('button')) only(e.target); });
  el.addEventListener('keydown', (e) => {
    const all = buttons(), here = all.indexOf(document.activeElement as HTMLElement);
    const to: Record<string, number> = { ArrowRight: here + 1, ArrowLeft: here - 1 + all.length, Home: 0, End: all.length - 1 };
    if (!(e.key in to) || here < 0) return;
    e.preventDefault();
    all[to[e.key]! % all.length]!.focus();
  });
}
