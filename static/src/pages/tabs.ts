// Tabs: role=tablist with role=tab buttons that name their panel in aria-controls.

function choose(tab: HTMLElement) {
  for (const t of tab.closest('[role=tablist]')!.querySelectorAll<HTMLElement>('[role=tab]')) {
    const on = t === tab;
    t.setAttribute('aria-selected', String(on));
    t.tabIndex = on ? 0 : -1;
    const panel = document.getElementById(t.getAttribute('aria-controls') ?? '');
    if (panel) panel.hidden = !on;
  }
}

function move(e: KeyboardEvent) {
  const tab = (e.target as Element).closest?.<HTMLElement>('[role=tab]');
  if (!tab) return;
  const tabs = [...tab.closest('[role=tablist]')!.querySelectorAll<HTMLElement>('[role=tab]')];
  const at = tabs.indexOf(tab);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[e.key];
  if (to === undefined) return;
  e.preventDefault();
  const next = tabs[(to + tabs.length) % tabs.length]!;
  choose(next);
  next.focus();
}

/** startTabs makes tabs work with pointer and keyboard. */
export function startTabs() {
  document.addEventListener('click', (e) => {
    const tab = (e.target as Element).closest<HTMLElement>('[role=tab]');
    if (tab) choose(tab);
  });
  document.addEventListener('keydown', move);
}
