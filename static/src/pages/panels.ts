// The panels around the canvas: on wide windows each can be folded away, and that
// is remembered; on narrow ones one at a time lies over the canvas as a sheet.
// Others open one with
//   document.dispatchEvent(new CustomEvent('heddle:panel', { detail: { id: 'inspector', open: true } }))

const KEY = 'heddle-panels';
// The outline is one more panel: closed at first, and on the narrowest windows it
// takes the place of the canvas until its button is pressed.
const phone = matchMedia('(max-width: 30rem)');
const wide = matchMedia('(min-width: 62.001rem)');

const editor = () => document.querySelector<HTMLElement>('main.editor');
const off = () => new Set((editor()?.dataset.off ?? '').split(' ').filter(Boolean));

function isOpen(id: string): boolean {
  if (id === 'outline' && phone.matches) return editor()?.dataset.face !== 'canvas';
  return wide.matches ? !off().has(id) : editor()?.dataset.sheet === id;
}

function setOpen(id: string, open: boolean) {
  const main = editor();
  if (!main) return;
  if (id === 'outline' && phone.matches) {
    main.dataset.face = open ? 'outline' : 'canvas';
    delete main.dataset.sheet;
  } else if (wide.matches) {
    const set = off();
    if (open) set.delete(id);
    else set.add(id);
    main.dataset.off = [...set].join(' ');
    remember(main.dataset.off);
  } else if (open) {
    main.dataset.sheet = id;
  } else if (main.dataset.sheet === id) {
    delete main.dataset.sheet;
  }
  show();
}

function remember(value: string) {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // Without storage it holds until the page is left.
  }
}

function show() {
  for (const b of document.querySelectorAll<HTMLElement>('[data-panel]')) {
    b.setAttribute('aria-expanded', String(isOpen(b.dataset.panel ?? '')));
  }
}

function click(e: MouseEvent) {
  const el = e.target as Element;
  const toggle = el.closest<HTMLElement>('[data-panel]');
  const close = el.closest<HTMLElement>('[data-panel-close]');
  if (toggle) setOpen(toggle.dataset.panel ?? '', !isOpen(toggle.dataset.panel ?? ''));
  if (!close) return;
  const id = close.dataset.panelClose ?? '';
  setOpen(id, false);
  document.querySelector<HTMLElement>(`[data-panel="${id}"]`)?.focus();
}

/** startPanels folds and unfolds the editor's panels. */
export function startPanels() {
  const main = editor();
  if (!main) return;
  try {
    main.dataset.off = localStorage.getItem(KEY) ?? 'outline';
  } catch {
    main.dataset.off = 'outline';
  }
  show();
  wide.addEventListener('change', show);
  phone.addEventListener('change', show);
  document.addEventListener('click', click);
  document.addEventListener('heddle:panel', (e) => {
    const { id, open } = (e as CustomEvent<{ id: string; open?: boolean }>).detail;
    setOpen(id, open ?? !isOpen(id));
  });
}
