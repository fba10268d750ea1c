// The table of actions: menus, shortcuts and the help sheet are made from it.
import type { Board } from './board';
import { chords, isLone, type KeyPress } from './keys';

/** Where an action is offered by the context menu. */
export type Place = 'node' | 'edge' | 'canvas';

/** One thing a user can do. */
export interface Action {
  id: string;
  /** What menus say. */
  name: string;
  /** What the help sheet says. */
  label: string;
  group: 'Edit' | 'Select' | 'Move' | 'View' | 'Step' | 'Workflow';
  /** Chords, the first is shown. */
  keys: string[];
  /** What the help sheet writes for the keys of several actions together; "" leaves the line out. */
  sheet?: string;
  menu?: Place[];
  /** Left out of menus where it cannot be performed. */
  hides?: boolean;
  /** Changes the document: not offered when it is read only. */
  writes?: boolean;
  /** Works wherever the focus is on the page, but not in dialogs. */
  everywhere?: boolean;
  /** The browser's own event does the work when the keys are pressed (copy, cut, paste). */
  native?: boolean;
  enabled?(b: Board): boolean;
  perform(b: Board): void;
}

/** ActionTable holds the actions and finds them by id and by chord. */
export class ActionTable {
  private readonly byId = new Map<string, Action>();
  private readonly byChord = new Map<string, Action>();
  /** The keys each action came with. */
  private readonly own = new Map<Action, string[]>();

  constructor(readonly list: readonly Action[], private readonly board: Board) {
    for (const a of list) {
      if (this.byId.has(a.id)) throw new Error(`action ${a.id} is listed twice`);
      this.byId.set(a.id, a);
      this.own.set(a, a.keys);
      for (const chord of a.keys) this.claim(chord, a);
    }
  }

  private claim(chord: string, a: Action) {
    const other = this.byChord.get(chord);
    if (other) throw new Error(`${chord} is bound to ${other.id} and to ${a.id}`);
    this.byChord.set(chord, a);
  }

  /** bind puts a user's keys in force: what menus and the sheet show follows. A kept key that another action has by now is left out. */
  bind(s: { letters: boolean; keys: Readonly<Record<string, string>> }) {
    this.byChord.clear();
    const on = (chord: string) => s.letters || !isLone(chord);
    for (const a of this.list) a.keys = s.keys[a.id] ? [] : this.own.get(a)!.filter(on);
    for (const a of this.list) for (const chord of a.keys) this.claim(chord, a);
    for (const a of this.list) {
      const chord = s.keys[a.id];
      if (!chord) continue;
      const free = !this.byChord.has(chord);
      a.keys = (free ? [chord] : this.own.get(a)!).filter((k) => on(k) && !this.byChord.has(k));
      for (const k of a.keys) this.claim(k, a);
    }
  }

  /** ownKeys returns the keys an action came with. */
  ownKeys(a: Action): readonly string[] {
    return this.own.get(a) ?? [];
  }

  /** taken returns the action other than one that a chord is bound to. */
  taken(chord: string, but: string): Action | undefined {
    const a = this.byChord.get(chord);
    return a && a.id !== but ? a : undefined;
  }

  /** get returns an action by id. */
  get(id: string): Action | undefined {
    return this.byId.get(id);
  }

  /** can reports whether an action can be performed now. */
  can(a: Action): boolean {
    return !(a.writes && this.board.readOnly) && (a.enabled?.(this.board) ?? true);
  }

  /** run performs an action if it is enabled; it reports whether it was. */
  run(id: string): boolean {
    const a = this.byId.get(id);
    if (!a || !this.can(a)) return false;
    this.board.cancel();
    a.perform(this.board);
    return true;
  }

  /** match returns the action a key press is bound to. */
  match(e: KeyPress): Action | undefined {
    for (const chord of chords(e)) {
      const a = this.byChord.get(chord);
      if (a) return a;
    }
    return undefined;
  }

  /** offered returns the actions that the context menu shows at a place. */
  offered(place: Place): Action[] {
    return this.list.filter((a) => a.menu?.includes(place) && !(a.writes && this.board.readOnly) && !(a.hides && !this.can(a)));
  }
}
