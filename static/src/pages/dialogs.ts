// Dialogs of a page: a link with data-dialog opens one as a modal window. Where no
// script runs the same link shows it through :target.

/** startDialogs opens and closes them. */
export function startDialogs() {
  document.addEventListener('click', (e) => {
    const el = e.target as Element;
    const opener = el.closest<HTMLElement>('[data-dialog]');
    const dialog = opener && document.getElementById(opener.dataset.dialog ?? '');
    if (dialog instanceof HTMLDialogElement) {
      e.preventDefault();
      dialog.showModal();
      return;
    }
    const close = el.closest('[data-close]');
    if (close) {
      e.preventDefault();
      close.closest('dialog')?.close();
    } else if (el instanceof HTMLDialogElement && el.classList.contains('dialog') && outside(el, e)) {
      el.close();
    }
  });
}

function outside(dialog: HTMLElement, e: MouseEvent): boolean {
  const r = dialog.getBoundingClientRect();
  return e.clientX < r.left || e.clientX > r.right || e.clientY < r.top || e.clientY > r.bottom;
}
