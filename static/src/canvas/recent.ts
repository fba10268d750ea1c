// Which kinds of steps were added last, for the picker. Kept in the browser.

/** How many are remembered. */
export const RECENT = 5;

const KEY = 'heddle-recent-kinds';
let kept: string[] = [];

/** recent returns the kinds added last, the newest first. */
export function recent(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(list) ? list.filter((k): k is string => typeof k === 'string').slice(0, RECENT) : kept;
  } catch { return kept; }
}

/** used remembers that a kind was added; without storage it holds until the page is left. */
export function used(kind: string) {
  kept = [kind, ...recent().filter((k) => k !== kind)].slice(0, RECENT);
  try { localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* private mode */ }
}
