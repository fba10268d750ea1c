// Buttons with data-format show the text of the element they name formatted as
// Markdown, beside the text as it is. The server makes the elements and cleans them.
import type { Htmx } from 'htmx.org';
import { announce, onContent } from './content';
import { toast } from './toasts';

/** Shown is a text that is shown formatted. */
interface Shown {
  text: string;
  box: HTMLElement;
}

const MOST = 64 * 1024; // what the server formats
const PATIENCE = 15_000;

const shown = new Map<string, Shown>(); // by the id of the element with the text
let htmx: Htmx;

async function toggle(button: HTMLElement) {
  const id = button.dataset.format ?? '', source = document.getElementById(id);
  if (!source || button.ariaBusy === 'true') return;
  if (shown.has(id)) {
    hide(id);
    return;
  }
  button.ariaBusy = 'true';
  try {
    const text = source.textContent ?? '';
    const box = await format(text);
    if (!source.isConnected) return;
    shown.set(id, { text, box });
    place(id);
    announce('Formatted');
  } catch {
    toast({ text: 'The text could not be formatted. Try again in a moment.', fail: true });
  } finally {
    button.ariaBusy = null;
  }
}

async function format(text: string): Promise<HTMLElement> {
  const res = await fetch('/formatted', { method: 'POST', body: text.slice(0, MOST + 1), headers: { 'Content-Type': 'text/plain' }, signal: AbortSignal.timeout(PATIENCE) });
  if (!res.ok) throw new Error(`status ${res.status}`);
  const box = document.createElement('div');
  box.className = 'out md';
  box.tabIndex = 0;
  await htmx.swap({ text: await res.text(), target: box, sourceElement: document.body, swap: 'innerMorph', transition: false });
  return box;
}

/** place puts a formatted text beside the text that it is of. */
function place(id: string) {
  const source = document.getElementById(id), s = shown.get(id);
  if (!s || !source) return;
  if (source.textContent !== s.text) {
    hide(id);
    return;
  }
  if (source.nextElementSibling !== s.box) source.after(s.box);
  source.hidden = true;
  press(id, true);
}

function hide(id: string) {
  shown.get(id)?.box.remove();
  shown.delete(id);
  const source = document.getElementById(id);
  if (source) source.hidden = false;
  press(id, false);
}

function press(id: string, on: boolean) {
  const button = document.querySelector<HTMLElement>(`[data-format="${CSS.escape(id)}"]`);
  if (button) button.ariaPressed = String(on);
}

/** startFormatted makes the buttons work. A morph of the page leaves what is formatted as it is. */
export function startFormatted(h: Htmx) {
  htmx = h;
  document.addEventListener('click', (e) => {
    const button = (e.target as Element).closest<HTMLElement>('[data-format]');
    if (button) void toggle(button);
  });
  onContent(() => {
    for (const id of [...shown.keys()]) {
      if (document.getElementById(id)) place(id);
      else shown.delete(id);
    }
  });
}
