// Answering a step that waits for an approval: the form in the Output tab, and what
// the buttons on the canvas ask for.
import { make } from '../canvas/dom';
import { ApiError, call } from './api';
import { report, say, toast } from './say';

interface Answer { run: string; node: string; approved: boolean; comment?: string }

/** answer sends an answer; a step that does not wait any more is told, not thrown. */
export async function answer({ run, node, approved, comment = '' }: Answer): Promise<void> {
  try {
    await call('POST', `/api/runs/${encodeURIComponent(run)}/nodes/${encodeURIComponent(node)}/answer`, { body: { approved, comment } });
    say(approved ? 'Approved. The run goes on.' : 'Rejected. The run goes on.');
  } catch (err) {
    if (err instanceof ApiError && err.status === 409) toast('The step does not wait for an answer any more.');
    else report(err, 'The answer could not be sent.');
  }
}

/** onAnswer hears the buttons on the canvas. */
export function onAnswer(run: () => string | undefined) {
  document.addEventListener('heddle:answer', (e) => {
    const { node, approved } = (e as CustomEvent<{ node: string; approved: boolean }>).detail, id = run();
    if (id) void answer({ run: id, node, approved });
  });
}

/** askForm returns the question of a waiting step with its two answers. */
export function askForm(run: string, node: string, question: string): HTMLElement {
  const comment = make('input', 'input', { id: 'insp-comment', maxlength: '2000', autocomplete: 'off' });
  const buttons = [true, false].map((approved) => {
    const b = make('button', `btn ${approved ? 'btn--primary' : 'btn--danger'}`, { type: 'button' }, approved ? 'Approve' : 'Reject');
    b.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-disabled', 'true');
      void answer({ run, node, approved, comment: comment.value.trim() }).finally(() => { for (const other of buttons) other.removeAttribute('aria-disabled'); });
    });
    return b;
  });
  const field = make('div', 'field', {}, make('label', '', { for: comment.id }, 'Comment'), comment);
  return make('section', 'ed-approval', { 'aria-label': 'Approval' }, make('p', 'ed-approval__question', {}, question), field, make('div', 'ed-approval__answers', {}, ...buttons));
}
