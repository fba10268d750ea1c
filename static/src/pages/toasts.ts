// Short messages at the bottom of the window. Anyone may ask for one:
//   document.dispatchEvent(new CustomEvent('heddle:toast', { detail: { text, undo?, fail?, requestId? } }))
// A server does so with the header HX-Trigger: {"heddle:toast": {...}}.
import type { Htmx } from 'htmx.org';
import { onContent } from './content';

/** Toast is one message. */
export interface Toast {
  text: string;
  /** A path that undoes it by POST. */
  undo?: string;
  /** It did not work: stays until it is closed. */
  fail?: boolean;
  requestId?: string;
}

const STAY = 6000;
const STAY_UNDO = 12_000;

let htmx: Htmx;

/** toast shows a message. */
export function toast(t: Toast) {
  const host = document.getElementById('toast');
  if (!host) return;
  const el = document.createElement('div');
  el.className = t.fail ? 'toast toast--fail' : 'toast';
  const text = document.createElement('p');
  text.textContent = t.text;
  if (t.requestId) {
    const id = document.createElement('code');
    id.textContent = `Request ${t.requestId}`;
    text.append(id);
  }
  el.append(text);
  if (t.undo) el.append(undoForm(t.undo));
  el.append(closeButton(el));
  host.append(el);
  while (host.children.length > 4) host.firstElementChild?.remove();
  if (t.undo) htmx.process(el);
  if (!t.fail) leaveAfter(el, t.undo ? STAY_UNDO : STAY);
}

function undoForm(path: string): HTMLFormElement {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = path;
  form.setAttribute('hx-push-url', 'false');
  const button = document.createElement('button');
  button.className = 'btn btn--sm';
  button.textContent = 'Undo';
  form.append(button);
  form.addEventListener('submit', () => setTimeout(() => form.closest('.toast')?.remove(), 0));
  return form;
}

function closeButton(el: HTMLElement): HTMLButtonElement {
  const b = document.createElement('button');
  b.type = 'button';
  b.className = 'btn btn--sm btn--ghost';
  b.textContent = 'Close';
  b.addEventListener('click', () => el.remove());
  return b;
}

/** leaveAfter removes a message after a while, but never under the pointer or the focus. */
function leaveAfter(el: HTMLElement, ms: number) {
  const timer = setInterval(() => {
    if (el.matches(':hover, :focus-within')) return;
    clearInterval(timer);
    el.remove();
  }, ms);
}

const reasons: Record<number, string> = {
  403: 'You may not do that.',
  429: 'That was too often. Wait a moment and try again.',
  503: 'The server cannot answer right now. Try again in a moment.',
};

interface Failed {
  response?: { status: number; headers: Headers };
}

/** failed tells about an answer that is not swapped in. */
function failed(ctx: Failed) {
  const status = ctx.response?.status ?? 0;
  if (status !== 403 && status !== 429 && status < 500) return;
  const wait = ctx.response?.headers.get('Retry-After');
  const text = status === 429 && wait ? `That was too often. Try again in ${wait} s.` : reasons[status];
  toast({ text: text ?? 'Something went wrong on our side.', fail: true, requestId: ctx.response?.headers.get('X-Request-Id') ?? undefined });
}

/** adopt turns a message of the page itself into a toast. */
function adopt() {
  for (const el of document.querySelectorAll<HTMLElement>('#main [data-flash]')) {
    const undo = el.querySelector('form')?.getAttribute('action') ?? undefined;
    toast({ text: el.querySelector('p')?.textContent ?? '', undo, fail: el.classList.contains('flash--fail') });
    el.remove();
  }
}

/** startToasts shows messages of pages, servers and scripts. */
export function startToasts(h: Htmx) {
  htmx = h;
  onContent(adopt);
  document.addEventListener('heddle:toast', (e) => toast((e as CustomEvent<Toast>).detail));
  document.addEventListener('htmx:response:error', (e) => failed((e as CustomEvent<{ ctx: Failed }>).detail.ctx));
  document.addEventListener('htmx:error', (e) => {
    const { ctx, error } = (e as CustomEvent<{ ctx?: unknown; error?: Error }>).detail;
    if (ctx && error) toast({ text: 'The server cannot be reached. Check the connection and try again.', fail: true });
  });
}
