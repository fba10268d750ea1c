// The theme: as the system says, or as chosen here. The choice is set before the
// first paint by the small script in the page's head.
import { onContent } from './content';

const KEY = 'heddle-theme';
type Theme = 'system' | 'light' | 'dark';

const isFixed = (v: string | null | undefined): v is 'light' | 'dark' => v === 'light' || v === 'dark';

/** remembered returns the chosen theme; system when none was chosen or nothing can be stored. */
export function remembered(): Theme {
  try {
    const v = localStorage.getItem(KEY);
    return isFixed(v) ? v : 'system';
  } catch {
    return 'system';
  }
}

function apply(theme: Theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  show();
}

function show() {
  const now = document.documentElement.dataset.theme ?? 'system';
  for (const b of document.querySelectorAll<HTMLElement>('[data-theme-set]')) {
    b.setAttribute('aria-pressed', String(b.dataset.themeSet === now));
  }
}

/** startTheme makes the theme menu work, and follows a choice made in another tab. */
export function startTheme() {
  onContent(show);
  document.addEventListener('click', (e) => {
    const button = (e.target as Element).closest<HTMLElement>('[data-theme-set]');
    if (!button) return;
    const theme = (button.dataset.themeSet ?? 'system') as Theme;
    try {
      if (theme === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch {
      // Without storage the choice holds until the page is left.
    }
    apply(theme);
  });
  addEventListener('storage', (e) => {
    if (e.key === KEY) apply(remembered());
  });
}
