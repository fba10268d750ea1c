// Menus are <details class="menu">: they open without a script; this closes them
// as people expect.

const openMenus = () => document.querySelectorAll<HTMLDetailsElement>('details.menu[open]');

/** startMenus closes a menu on Escape, on a click elsewhere, and when another opens. */
export function startMenus() {
  document.addEventListener('click', (e) => {
    const inside = (e.target as Element).closest('details.menu');
    for (const m of openMenus()) if (m !== inside) m.open = false;
    const chosen = (e.target as Element).closest('.menu__list :is(a, [data-theme-set])');
    if (chosen) chosen.closest('details')!.open = false;
  });
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape') return;
    for (const m of openMenus()) {
      const held = m.contains(document.activeElement);
      m.open = false;
      if (held) m.querySelector('summary')?.focus();
    }
  });
  document.addEventListener('keydown', step);
}

/** step moves through an open menu with the arrow keys. */
function step(e: KeyboardEvent) {
  if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
  const menu = (e.target as Element).closest?.<HTMLDetailsElement>('details.menu[open]');
  if (!menu) return;
  const items = [...menu.querySelectorAll<HTMLElement>('.menu__list :is(a, button)')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = e.key === 'ArrowDown' ? at + 1 : at < 0 ? items.length - 1 : at - 1;
  items[(next + items.length) % items.length]?.focus();
  e.preventDefault();
}
