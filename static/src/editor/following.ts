// The button that follows a run.
import type { Follow } from '../canvas/follow';

/** followButton wires the button of the run panel; it stays off once a hand has moved the view. */
export function followButton(follow: Follow, say: (text: string) => void) {
  const button = document.getElementById('btn-follow');
  button?.addEventListener('click', () => follow.set(!follow.on));
  follow.onChange = (on) => {
    button?.setAttribute('aria-pressed', String(on));
    say(on ? 'The view follows the run.' : 'The view no longer follows the run.');
  };
}
