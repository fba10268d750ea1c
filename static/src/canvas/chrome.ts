// What lies over the picture: the zoom bar, and the first steps of an empty canvas.
import { make } from './dom';
import { written } from './keys';

/** ZoomBar shows the zoom and changes it. It is one tab stop; arrow keys move inside. */
export class ZoomBar {
  readonly el = make('div', 'cv-bar', { role: 'toolbar', 'aria-label': 'Zoom' });
  private readonly level: HTMLButtonElement;
  private shown = '';

  constructor(run: (id: string) => void, openLevels: (near: HTMLElement) => void) {
    const button = (text: string, label: string, go: () => void) => {
      const b = make('button', 'cv-button', { type: 'button', 'aria-label': label, title: label, tabindex: '-1' }, text);
      b.addEventListener('click', go);
      return b;
    };
    this.level = button('100%', 'Zoom level, 100 percent', () => openLevels(this.level));
    this.level.setAttribute('aria-haspopup', 'menu');
    this.level.classList.add('cv-button--level');
    this.el.append(button('−', 'Zoom out', () => run('zoom-out')), this.level, button('+', 'Zoom in', () => run('zoom-in')), button('Fit', 'Fit all steps', () => run('fit')));
    (this.el.firstElementChild as HTMLElement).tabIndex = 0;
    this.el.addEventListener('keydown', (e) => this.key(e));
  }

  /** show writes the zoom level. */
  show(z: number) {
    const percent = String(Math.round(z * 100));
    if (percent === this.shown) return;
    this.shown = percent;
    this.level.textContent = `${percent}%`;
    this.level.setAttribute('aria-label', `Zoom level, ${percent} percent`);
  }

  private key(e: KeyboardEvent) {
    const all = [...this.el.children] as HTMLElement[], here = all.indexOf(document.activeElement as HTMLElement);
    const to: Record<string, number> = { ArrowRight: here + 1, ArrowLeft: here - 1 + all.length, Home: 0, End: all.length - 1 };
    const next = e.key in to ? all[to[e.key]! % all.length] : undefined;
    if (!next) return;
    e.preventDefault();
    all.forEach((b) => { b.tabIndex = b === next ? 0 : -1; });
    next.focus();
  }
}

const firstSteps = () => [
  ['Add a step', 'Click one in the list on the left, or drag it here.'],
  ['Connect it', 'Drag from the dot on its right side to the next step.'],
  ['Run', `Press Run, or ${written('Mod+Enter')}, and watch each step work.`],
] as const;

/** firstStepsSheet is what an empty canvas shows instead of a blank grid. */
export function firstStepsSheet(readOnly: boolean, add: (() => void) | null, addName: string): HTMLElement {
  const sheet = make('div', 'cv-empty');
  if (readOnly) {
    sheet.append(make('p', '', {}, 'This workflow has no steps.'));
    return sheet;
  }
  const steps = make('ol');
  for (const [title, text] of firstSteps()) steps.append(make('li', '', {}, make('strong', '', {}, title), make('span', '', {}, text)));
  sheet.append(make('h2', '', {}, 'Build your first workflow'), steps);
  if (add) {
    const button = make('button', 'cv-button cv-button--main', { type: 'button' }, addName);
    button.addEventListener('click', add);
    sheet.append(button);
  }
  return sheet;
}
