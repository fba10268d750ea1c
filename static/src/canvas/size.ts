// Sizes that a user may give to nodes, by the corner or by keys.
import type { Board } from './board';
import { isOn, type RFNode } from './document';
import { snap } from './geometry';
import type { Graph } from './graph';
import { MAX_NOTE, MAX_PREVIEW, MAX_W, MIN_FRAME, MIN_NOTE_H, MIN_NOTE_W, MIN_W, previewKind } from './layout';

/** How large a node may be; equal limits cannot be changed. */
export interface Limits { minW: number; maxW: number; minH: number; maxH: number }

/** limitsOf returns the limits of a node, null when it has no size of its own at present. */
export function limitsOf(g: Graph, i: number): Limits | null {
  const node = g.nodes[i];
  if (!node || g.shell[i]! >= 0) return null;
  if (g.note[i]) return { minW: MIN_NOTE_W, maxW: MAX_NOTE, minH: MIN_NOTE_H, maxH: MAX_NOTE };
  if (isOn(node, 'collapsed')) return null;
  if (g.frame[i]) return { ...contentOf(g, i), maxW: Infinity, maxH: Infinity };
  const bare = g.h[i]! - g.preview[i]!, least = shortest[previewKind(g.spec(i))];
  return { minW: MIN_W, maxW: MAX_W, minH: bare + least, maxH: least ? bare + MAX_PREVIEW : bare };
}

const shortest = { text: 67, image: 84, none: 0 };

// A frame stays as large as what is in it.
function contentOf(g: Graph, i: number): { minW: number; minH: number } {
  let minW = MIN_FRAME, minH = MIN_FRAME;
  for (const k of g.children(i)) {
    minW = Math.max(minW, g.x[k]! + g.w[k]! - g.x[i]! + 10);
    minH = Math.max(minH, g.y[k]! + g.h[k]! - g.y[i]! + 10);
  }
  return { minW, minH };
}

/** sized returns the members of a node that give it a size, within its limits. */
export function sized(g: Graph, i: number, w: number, h: number): Pick<RFNode, 'width' | 'height'> | null {
  const l = limitsOf(g, i);
  if (!l) return null;
  const width = Math.round(Math.min(l.maxW, Math.max(l.minW, w))), height = Math.round(Math.min(l.maxH, Math.max(l.minH, h)));
  return l.minH === l.maxH ? { width } : { width, height };
}

/** resize changes the size of the selected nodes by keys. */
export function resize(b: Board, places: readonly number[], dx: number, dy: number) {
  const g = b.graph, update: Record<string, Partial<RFNode>> = {};
  for (const i of places) {
    const to = sized(g, i, dx ? snap(g.w[i]! + dx) : g.w[i]!, dy ? snap(g.h[i]! + dy) : g.h[i]!);
    if (to) update[g.nodes[i]!.id] = to;
  }
  const ids = Object.keys(update);
  if (!ids.length) return b.say('This cannot be resized while it is collapsed.');
  b.store.apply({ nodes: { update } }, 'Resize', { merge: `resize ${ids.join(' ')}`, within: 1200 });
  const i = places.at(-1)!;
  b.say(`${Math.round(g.w[i]!)} by ${Math.round(g.h[i]!)}.`);
}
