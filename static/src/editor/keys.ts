// Shortcuts of the whole page. Those of the canvas are in its table of actions.
import { isField } from '../canvas/dom';
import type { Canvas } from '../canvas/main';

/** What the shortcuts do. */
export interface KeysEnv { canvas: Canvas; save(): void; run(): void; runSelection(): void; runFrom(): void }

/** startKeys listens until the page goes. */
export function startKeys(env: KeysEnv) {
  // Before anyone else: inside a dialog too, Ctrl+S must not open the browser's.
  addEventListener('keydown', (e) => key(e, env), { capture: true });
}

function key(e: KeyboardEvent, env: KeysEnv) {
  if (!(e.ctrlKey || e.metaKey) || (e.altKey && e.key !== 'Enter') || e.isComposing) return;
  const asking = document.querySelector('dialog[open]') !== null;
  const go = (what: () => void) => {
    e.preventDefault();
    e.stopPropagation();
    if (!asking && !e.repeat) what();
  };
  if (e.code === 'KeyS' || e.key.toLowerCase() === 's') return e.shiftKey ? undefined : go(env.save);
  if (e.key === 'Enter') return go(e.altKey ? env.runFrom : e.shiftKey ? env.runSelection : env.run);
  if (asking) return;
  if (anywhere(e, env.canvas)) return;
  if (!isField(e.target) && !inCanvas(e.target)) travel(e, env.canvas);
}

// Some actions work wherever the focus is. Find pressed again in its own bar is the browser's.
function anywhere(e: KeyboardEvent, canvas: Canvas): boolean {
  const action = canvas.actions.match(e);
  if (!action?.everywhere || (e.target instanceof Element && e.target.closest('.cv-find') && action.id === 'find')) return false;
  e.preventDefault();
  e.stopPropagation();
  if (!e.repeat) canvas.actions.run(action.id);
  return true;
}

const inCanvas = (t: EventTarget | null): boolean => t instanceof Node && !!document.getElementById('canvas')?.contains(t);

// Undo works wherever nothing is typed, also after a click on a panel.
function travel(e: KeyboardEvent, canvas: Canvas) {
  const action = canvas.actions.match(e);
  if (action?.id !== 'undo' && action?.id !== 'redo') return;
  e.preventDefault();
  canvas.actions.run(action.id);
}
