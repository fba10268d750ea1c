// The editor's menu in the top bar. Its lines name actions of the table; what cannot
// be done now says so.
import type { ActionTable } from '../canvas/main';
import { written } from '../canvas/keys';

/** EditorMenu wires the menu that the server rendered. */
export class EditorMenu {
  constructor(private readonly actions: ActionTable) {
    const menu = document.getElementById('editor-menu')?.querySelector('details');
    menu?.addEventListener('click', (e) => this.click(e, menu));
    menu?.addEventListener('toggle', () => { if (menu.open) this.refresh(menu); });
  }

  private lines(menu: HTMLElement): HTMLButtonElement[] {
    return [...menu.querySelectorAll<HTMLButtonElement>('button[data-act]')];
  }

  private refresh(menu: HTMLElement) {
    for (const line of this.lines(menu)) {
      const a = this.actions.get(line.dataset.act!);
      line.setAttribute('aria-disabled', String(!a || !this.actions.can(a)));
      const keys = line.querySelector('kbd');
      if (!keys) continue;
      keys.textContent = a?.keys[0] ? written(a.keys[0]) : '';
      keys.hidden = !a?.keys.length;
    }
  }

  private click(e: Event, menu: HTMLDetailsElement) {
    const line = (e.target as Element).closest<HTMLElement>('button[data-act]');
    if (!line || line.getAttribute('aria-disabled') === 'true') return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
    this.actions.run(line.dataset.act!);
  }
}
