// Buttons with data-copy copy the text of the element they name.
import { announce } from './content';

async function copy(button: HTMLElement) {
  const source = document.getElementById(button.dataset.copy ?? '');
  if (!source) return;
  const label = button.querySelector('span') ?? button;
  const before = label.textContent;
  const done = await write(source);
  label.textContent = done ? 'Copied' : 'Press Ctrl+C';
  announce(done ? 'Copied' : 'The text is selected: press Control C to copy it.');
  setTimeout(() => (label.textContent = before), 2000);
}

/** write copies the text; where the browser does not allow that it selects it. */
async function write(source: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(source.textContent ?? '');
    return true;
  } catch {
    getSelection()?.selectAllChildren(source);
    return false;
  }
}

/** startClipboard makes the copy buttons work. */
export function startClipboard() {
  document.addEventListener('click', (e) => {
    const button = (e.target as Element).closest<HTMLElement>('[data-copy]');
    if (button) void copy(button);
  });
}
