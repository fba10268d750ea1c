// What a user sets about the editor: the wheel, the single-letter keys and keys of
// their own. Kept in the browser, under a name per user; without storage it holds
// until the page is left.

/** The settings of one user. */
export interface EditorSettings {
  /** The plain mouse wheel zooms instead of panning. */
  wheelZooms: boolean;
  /** Keys without Ctrl, Cmd or Alt act. */
  letters: boolean;
  /** The minimap stays in view. */
  minimap: boolean;
  /** Chords of the user's own, by action. */
  keys: Record<string, string>;
}

const initial = (): EditorSettings => ({ wheelZooms: false, letters: true, minimap: false, keys: {} });

/** Where settings are kept; localStorage, or null when there is none. */
export interface Keep { getItem(key: string): string | null; setItem(key: string, value: string): void }

/** browserKeep returns the browser's storage, null when it is closed to the page. */
export function browserKeep(): Keep | null {
  try { return localStorage; } catch { return null; }
}

/** Settings holds the settings in force and tells who listens. */
export class Settings {
  private now: EditorSettings;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly key: string, private readonly keep: Keep | null = browserKeep()) {
    this.now = this.load();
  }

  /** get returns the settings in force. */
  get(): Readonly<EditorSettings> {
    return this.now;
  }

  /** set changes some of the settings. */
  set(change: Partial<EditorSettings>) {
    this.now = { ...this.now, ...change };
    try { this.keep?.setItem(this.key, JSON.stringify(this.now)); } catch { /* full or private: it holds for this page */ }
    for (const fn of this.listeners) fn();
  }

  /** rebind gives an action a chord; undefined gives it back its own. */
  rebind(action: string, chord: string | undefined) {
    const { [action]: _, ...others } = this.now.keys;
    this.set({ keys: chord === undefined ? others : { ...others, [action]: chord } });
  }

  /** subscribe calls fn after every change until the returned function is called. */
  subscribe(fn: () => void): () => void {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  private load(): EditorSettings {
    const out = initial();
    try {
      const kept: unknown = JSON.parse(this.keep?.getItem(this.key) ?? 'null');
      if (!kept || typeof kept !== 'object') return out;
      const { wheelZooms, letters, minimap, keys } = kept as Partial<EditorSettings>;
      if (typeof wheelZooms === 'boolean') out.wheelZooms = wheelZooms;
      if (typeof letters === 'boolean') out.letters = letters;
      if (typeof minimap === 'boolean') out.minimap = minimap;
      if (keys && typeof keys === 'object') out.keys = Object.fromEntries(Object.entries(keys).filter(([, v]) => typeof v === 'string' && v));
    } catch { /* what cannot be read is as if it were not there */ }
    return out;
  }
}
