// A question with clear choices, as a modal dialog.
import { make } from '../canvas/dom';

/** One answer. */
export interface Answer<T extends string> { value: T; label: string; note?: string; danger?: boolean; main?: boolean }

/** A question. */
export interface Question<T extends string> { title: string; text: string[]; answers: Answer<T>[]; /** The words that leave everything as it is. */ later: string }

/** ask shows a question and returns the answer; null when it was put off. */
export function ask<T extends string>(q: Question<T>): Promise<T | null> {
  const host = document.getElementById('dialogs') ?? document.body;
  const title = make('h2', '', { id: 'ask-title' }, q.title);
  const dialog = make('dialog', 'dialog ed-ask', { 'aria-labelledby': 'ask-title' }, make('div', 'dialog__head', {}, title), ...q.text.map((t) => make('p', '', {}, t)));
  const before = document.activeElement;
  return new Promise((resolve) => {
    let chosen: T | null = null;
    const list = make('div', 'ed-ask__answers');
    for (const a of q.answers) list.append(button(a, () => { chosen = a.value; dialog.close(); }));
    const later = make('button', 'btn btn--ghost', { type: 'button' }, q.later);
    later.addEventListener('click', () => dialog.close());
    list.append(later);
    dialog.append(list);
    dialog.addEventListener('keydown', (e) => e.stopPropagation());
    dialog.addEventListener('close', () => {
      dialog.remove();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
      resolve(chosen);
    });
    host.append(dialog);
    dialog.showModal();
  });
}

function button<T extends string>(a: Answer<T>, go: () => void): HTMLElement {
  const b = make('button', `btn ${a.main ? 'btn--primary' : a.danger ? 'btn--danger' : ''}`, { type: 'button' }, a.label);
  b.addEventListener('click', go);
  if (!a.note) return b;
  return make('div', 'ed-ask__answer', {}, b, make('span', 'small muted', {}, a.note));
}
