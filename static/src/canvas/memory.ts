// Remembers where the view looked, per workflow and browser.
import type { Look } from './camera';

/** saveLook remembers a camera position; without a key, or without storage, it does nothing. */
export function saveLook(key: string | undefined, { x, y, z }: Look) {
  if (!key) return;
  try { localStorage.setItem(key, JSON.stringify({ x, y, z })); } catch { /* private mode: the view is not remembered */ }
}

/** loadLook returns the remembered position, null when there is none that makes sense. */
export function loadLook(key: string | undefined): Look | null {
  if (!key) return null;
  try {
    const look = JSON.parse(localStorage.getItem(key) ?? 'null') as Look | null;
    return look && [look.x, look.y, look.z].every(Number.isFinite) && look.z > 0 ? look : null;
  } catch { return null; }
}
