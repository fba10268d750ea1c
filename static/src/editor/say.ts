// Words for people: the live region and toasts.
import { explain } from './api';

let last = 0;
let waiting: ReturnType<typeof setTimeout> | undefined;

/** say speaks through the page's live region; at most once a second, the newest counts. */
export function say(text: string) {
  const host = document.getElementById('live');
  if (!host) return;
  clearTimeout(waiting);
  const speak = () => {
    last = performance.now();
    // The same words twice are only spoken when they differ.
    host.textContent = host.textContent === text ? `${text}\u00a0` : text;
  };
  const wait = last + 1000 - performance.now();
  if (wait <= 0) speak();
  else waiting = setTimeout(speak, wait);
}

/** toast shows a short message at the bottom of the window. */
export function toast(text: string, more: { fail?: boolean; requestId?: string } = {}) {
  document.dispatchEvent(new CustomEvent('heddle:toast', { detail: { text, ...more } }));
}

/** report shows a failure as a toast. what says what did not work, as in "The run could not be started."; it may be empty. */
export function report(err: unknown, what = '') {
  const { text, requestId } = explain(err);
  toast(what ? `${what} ${text}` : text, { fail: true, requestId });
}
