// What dialogs of the canvas have in common.

/** whenClosed removes a dialog when it is closed, and gives the focus back where the browser could not. */
export function whenClosed(dialog: HTMLDialogElement, back: () => void): void {
  dialog.addEventListener('close', () => {
    // The browser gave the focus back already; by now the user may have gone on to something else.
    const lost = document.activeElement === document.body || dialog.contains(document.activeElement);
    dialog.remove();
    if (lost) back();
  });
}
