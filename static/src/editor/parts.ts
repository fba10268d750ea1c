// The buttons that run a part of the graph. While a run is at work, Stop stands in
// their place.
import { make } from '../canvas/dom';
import { written } from '../canvas/keys';

/** How far a run of a part reaches: the steps alone, with all before them, or with all after them. */
export type RunMode = 'only' | 'upTo' | 'from';

/** What the buttons do. */
export interface PartsEnv {
  run(mode: RunMode): void;
  stop(): void;
}

const modes: [RunMode, string, string, string][] = [
  ['only', 'Run this step', 'Run these steps', `Runs this alone; what it needs comes from earlier results where nothing changed (${written('Mod+Shift+Enter')})`],
  ['from', 'From here', 'From here', `Runs this and everything after it (${written('Mod+Alt+Enter')})`],
  ['upTo', 'To here', 'To here', 'Runs everything before this, and this'],
];

/** PartButtons shows the buttons for the selection. */
export class PartButtons {
  readonly el = make('div', 'parts', { role: 'group', 'aria-label': 'Run a part' });
  private readonly buttons: HTMLButtonElement[];
  private readonly stop = make('button', 'btn btn--danger', { type: 'button', 'data-part': 'stop', hidden: '' }, 'Stop');

  constructor(env: PartsEnv, private busy = false) {
    this.buttons = modes.map(([mode, , , title], i) => {
      const b = make('button', i ? 'btn' : 'btn parts__main', { type: 'button', 'data-part': mode, title });
      b.addEventListener('click', () => env.run(mode));
      return b;
    });
    this.stop.addEventListener('click', () => env.stop());
    this.el.append(...this.buttons, this.stop);
    this.count(1);
    this.work(busy);
    document.addEventListener('heddle:busy', (e) => this.work((e as CustomEvent<boolean>).detail));
  }

  /** count says how many steps the buttons are about. */
  count(steps: number) {
    for (const [i, b] of this.buttons.entries()) b.textContent = modes[i]![steps === 1 ? 1 : 2];
  }

  private work(busy: boolean) {
    const had = this.el.contains(document.activeElement);
    this.busy = busy;
    for (const b of this.buttons) b.hidden = busy;
    this.stop.hidden = !busy;
    if (had) (this.busy ? this.stop : this.buttons[0]!).focus();
  }
}
