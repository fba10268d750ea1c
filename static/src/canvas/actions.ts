// The table of actions: menus, shortcuts and the help sheet are made from it.
import type { Board } from './board';
import { chords, type KeyPress } from './keys';

/** Where an action is offered by the context menu. */
export type Place = 'node' | 'edge' | 'canvas';

/** One thing a user can do. */
export interface Action {
  id: string;
  /** What menus say. */
  name: string;
  /** What the help sheet says. */
  label: string;
  group: 'Edit' | 'Select' | 'Move' | 'View' | 'Step';
  /** Chords, the first is shown. */
  keys: string[];
  /** What the help sheet writes for the keys of several actions together; "" leaves the line out. */
  sheet?: string;
  menu?: Place[];
  /** Changes the document: not offered when it is read only. */
  writes?: boolean;
  /** The browser's own event does the work when the keys are pressed (copy, cut, paste). */
  native?: boolean;
  enabled?(b: Board): boolean;
  perform(b: Board): void;
}

/** ActionTable holds the actions and finds them by id and by chord. */
export class ActionTable {
  private readonly byId = new Map<string, Action>();
  private readonly byChord = new Map<string, Action>();

  constructor(readonly list: readonly Action[], private readonly board: Board) {
    for (const a of list) {
      if (this.byId.has(a.id)) throw new Error(`action ${a.id} is listed twice`);
      this.byId.set(a.id, a);
      for (const chord of a.keys) this.claim(chord, a);
    }
  }

  private claim(chord: string, a: Action) {
    const other = this.byChord.get(chord);
    if (other) throw new Error(`${chord} is bound to ${other.id} and to ${a.id}`);
    this.byChord.set(chord, a);
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
    return this.list.filter((a) => a.menu?.includes(place) && !(a.writes && this.board.readOnly));
  }
}
