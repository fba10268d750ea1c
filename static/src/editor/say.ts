// Words for people: the live region and toasts.
import { explain } from './api';
import { Voice } from './voice';

const write = (id: string, text: string) => {
  const host = document.getElementById(id);
  // The same words twice are only spoken when they differ.
  if (host) host.textContent = host.textContent === text ? `${text}\u00a0` : text;
};

const voice = new Voice({
  now: () => performance.now(),
  later: (fn, ms) => void setTimeout(fn, ms),
  speak: (text, urgent) => write(urgent ? 'alarm' : 'live', text),
});

/** say speaks through the page's live region; at most once a second, the newest counts. */
export function say(text: string) {
  voice.say(text);
}

/** alarm interrupts to say what failed; it shares the rate of say. */
export function alarm(text: string) {
  voice.alarm(text);
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
