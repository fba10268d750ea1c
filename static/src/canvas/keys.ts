// Key chords: "Mod+Shift+Z", "Delete", "?". Mod is Ctrl, or Cmd on a Mac.

/** What chords needs of a keyboard event. */
export interface KeyPress { key: string; code: string; ctrlKey: boolean; metaKey: boolean; shiftKey: boolean; altKey: boolean }

const byCode: Record<string, string> = {
  BracketLeft: '[', BracketRight: ']', Minus: '-', Equal: '=', Slash: '/', NumpadAdd: '+', NumpadSubtract: '-',
};

/** chords returns the names a key press may go by, the likeliest first: by key, then by physical place. */
export function chords(e: KeyPress): string[] {
  const mods = `${e.ctrlKey || e.metaKey ? 'Mod+' : ''}${e.altKey ? 'Alt+' : ''}`;
  const key = e.key === ' ' ? 'Space' : e.key.length === 1 ? e.key.toUpperCase() : e.key;
  const out = [`${mods}${e.shiftKey ? 'Shift+' : ''}${key}`];
  // "?" and "+" need Shift on many keyboards: the sign itself is meant.
  if (e.shiftKey && e.key.length === 1 && key.toLowerCase() === key.toUpperCase()) out.push(`${mods}${key}`);
  const place = byPlace(e);
  if (place) out.push(`${mods}${e.shiftKey ? 'Shift+' : ''}${place}`);
  return [...new Set(out)];
}

/** isLone reports whether a chord is one sign without Ctrl, Cmd or Alt: typing and dictation make such keys by accident. */
export const isLone = (chord: string): boolean => [...chord.replace(/^Shift\+(?=.)/, '')].length === 1;

// The place counts when the key is no Latin letter, or is one of those that move between layouts.
function byPlace(e: KeyPress): string | undefined {
  if (/^(Digit|Numpad)\d$/.test(e.code)) return e.code.at(-1);
  if (byCode[e.code]) return byCode[e.code];
  if (/^Key[A-Z]$/.test(e.code) && e.key.length === 1 && e.key.codePointAt(0)! > 127) return e.code.at(-1);
  return undefined;
}

/** isMac reports whether chords should be written with Mac signs. */
export const isMac = (): boolean => typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

const signs: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Delete: 'Del', Escape: 'Esc', Enter: '⏎' };

/** written returns a chord as people read it: Ctrl+Shift+Z, or ⇧⌘Z on a Mac. */
export function written(chord: string, mac = isMac()): string {
  const parts = chord === '+' ? ['+'] : chord.split(/\+(?=.)/);
  const named = parts.map((p) => signs[p] ?? (p === 'Mod' ? (mac ? '⌘' : 'Ctrl') : mac && p === 'Shift' ? '⇧' : mac && p === 'Alt' ? '⌥' : p));
  return named.join(mac ? '' : '+');
}
