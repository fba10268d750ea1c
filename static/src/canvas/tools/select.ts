// The rules of clicks: a plain click selects one, Shift or Ctrl/Cmd toggles.
import { toggled, type Board } from '../board';
import type { Pointer } from './tool';

/** pressed selects what a press on a node or edge must select at once, before it may become a drag. */
export function pressed(b: Board, what: 'nodes' | 'edges', id: string, p: Pointer) {
  const s = b.store.selection();
  if (s[what].includes(id)) return;
  if (p.shift || p.mod) add(b, what, id);
  else b.store.select(what === 'nodes' ? [id] : [], what === 'edges' ? [id] : []);
}

/** clicked selects what a click selects when it did not become a drag. was: it was selected before the press. */
export function clicked(b: Board, what: 'nodes' | 'edges', id: string, p: Pointer, was: boolean) {
  if (!was) return;
  if (p.shift || p.mod) {
    const next = toggled(b.store.selection(), what, id);
    b.store.select(next.nodes, next.edges);
  } else {
    b.store.select(what === 'nodes' ? [id] : [], what === 'edges' ? [id] : []);
  }
}

function add(b: Board, what: 'nodes' | 'edges', id: string) {
  const next = toggled(b.store.selection(), what, id);
  b.store.select(next.nodes, next.edges);
}
