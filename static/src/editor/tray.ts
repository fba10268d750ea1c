// What becomes of files on their way into the canvas: progress, and failures until
// they are closed.
import { make } from '../canvas/dom';
import { say } from './say';

/** One file in the tray. */
export interface TrayRow {
  /** progress shows how much has been sent, from 0 to 1. */
  progress(part: number): void;
  /** fail says why it was not added; it stays until it is closed. */
  fail(why: string): void;
  done(): void;
  /** Aborted when the user stops it. */
  signal: AbortSignal;
}

/** Tray is the list in the corner of the canvas. */
export class Tray {
  private readonly list = make('ul', 'cv-tray', { 'aria-label': 'Files being added' });

  constructor(private readonly root: HTMLElement) {}

  /** row shows a file that is on its way. */
  row(name: string): TrayRow {
    const stop = new AbortController();
    const bar = make('progress', '', { max: '1', 'aria-label': `Sending ${name}` });
    const text = make('span', 'cv-tray__text', {}, name);
    const close = make('button', 'cv-button', { type: 'button', 'aria-label': `Stop ${name}`, title: 'Stop' }, '✕');
    const li = make('li', '', {}, text, bar, close);
    const gone = () => { li.remove(); if (!this.list.children.length) this.list.remove(); };
    close.addEventListener('click', () => { stop.abort(); gone(); });
    this.list.append(li);
    if (!this.list.isConnected) this.root.append(this.list);
    return {
      signal: stop.signal,
      progress: (part) => { bar.value = part; },
      done: gone,
      fail: (why) => {
        li.className = 'is-failed';
        bar.remove();
        text.textContent = why;
        close.setAttribute('aria-label', `Close the message about ${name}`);
        close.title = 'Close';
        say(why);
      },
    };
  }
}
