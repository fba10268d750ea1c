// Writing a note in place: a field over its card. What is typed is in the document
// at once, as one undo step; Escape and leaving the field end it.
import type { Board } from './board';
import type { Card } from './card';
import { withData } from './document';
import { make } from './dom';
import { noteText } from './note';

let sittings = 0;

/** writeNote opens the field on a mounted note; done is called once it is gone. */
export function writeNote(b: Board, card: Card, done: () => void): { close(): void } {
  const { id } = card, merge = `note ${id} ${++sittings}`;
  const field = make('textarea', 'node__write', { 'aria-label': 'Text of the note. Markdown works; Escape ends.', maxlength: '20000', spellcheck: 'true' });
  field.value = noteText(b.store.node(id)!);
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    const had = document.activeElement === field;
    field.remove();
    card.el.classList.remove('is-writing');
    if (had) b.view.stage.focus({ preventScroll: true });
    b.store.seal();
    done();
  };
  field.addEventListener('input', () => {
    const now = b.store.node(id);
    if (now) b.store.apply({ nodes: { update: { [id]: withData(now, { text: field.value }) } } }, 'Write note', { merge, within: Infinity });
  });
  field.addEventListener('keydown', (e) => {
    e.stopPropagation();
    if (e.isComposing || (e.key !== 'Escape' && !(e.key === 'Enter' && (e.ctrlKey || e.metaKey)))) return;
    e.preventDefault();
    close();
  });
  field.addEventListener('blur', close);
  card.el.classList.add('is-writing');
  card.el.append(field);
  field.focus({ preventScroll: true });
  field.setSelectionRange(field.value.length, field.value.length);
  return { close };
}
