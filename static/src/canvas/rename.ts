// Renaming a step in place: a field over its title. What is typed lives in the
// document as soon as it is confirmed; Escape leaves the name as it was.
import type { Board } from './board';
import type { Card } from './card';
import { labelOf, withData } from './document';
import { make } from './dom';

/** rename opens the field on a mounted card; done is called once it is gone. */
export function rename(b: Board, card: Card, done: () => void): { close(): void } {
  const { id } = card, node = b.store.node(id)!;
  const field = make('input', 'node__rename', { 'aria-label': 'Name of the step', maxlength: '200', spellcheck: 'false' });
  field.value = labelOf(node);
  let open = true;
  const close = (save: boolean) => {
    if (!open) return;
    open = false;
    const had = document.activeElement === field;
    field.remove();
    card.slot.hidden = false;
    if (had) b.view.stage.focus({ preventScroll: true });
    const name = field.value.trim(), now = b.store.node(id);
    if (save && name && now && name !== labelOf(now)) b.store.apply({ nodes: { update: { [id]: withData(now, { label: name }) } } }, `Rename to ${name}`);
    done();
  };
  field.addEventListener('keydown', (e) => {
    e.stopPropagation();
    if (e.isComposing) return;
    if (e.key === 'Enter') close(true);
    else if (e.key === 'Escape') close(false);
    else return;
    e.preventDefault();
  });
  field.addEventListener('blur', () => close(true));
  card.slot.hidden = true;
  card.slot.after(field);
  field.focus({ preventScroll: true });
  field.select();
  return { close: () => close(false) };
}
