// What tools and actions work on. The view implements Surface and main wires the
// board; tools and actions import only this, so nothing points up.
import type { Wire } from './active';
import type { Camera } from './camera';
import type { End } from './connect';
import type { Point, Selection } from './document';
import type { Box } from './geometry';
import type { Graph, Side } from './graph';
import type { DocStore } from './history';
import type { Sketch } from './sketch';
import type { Spec } from './spec';
import type { Statuses } from './status';

/** The picture: camera, hit tests and everything that is shown only during a gesture. */
export interface Surface {
  readonly cam: Camera;
  /** The element that has the focus and gets the events. */
  readonly stage: HTMLElement;
  /** Places of the nodes near the view. */
  near(): readonly number[];
  /** blocks reports whether cards are painted as blocks, without ports. */
  blocks(): boolean;
  /** point converts client coordinates to the view. */
  point(e: { clientX: number; clientY: number }): Point;
  hitNode(p: Point): number;
  /** hitEdge returns the edge within some screen pixels (8) of a document point, and where along it. */
  hitEdge(p: Point, within?: number): { edge: number; t: number } | null;
  panBy(dx: number, dy: number): void;
  zoomAt(factor: number, p: Point): void;
  fit(box: Box | null): void;
  /** reveal pans until a box is in view. */
  reveal(box: Box): void;
  /** centre puts the middle of a box into the middle of the view, at a zoom that can be read. */
  centre(box: Box): void;
  /** lift takes nodes and their edges out of the base picture while they move; null puts them back. */
  lift(nodes: ReadonlySet<number> | null, edges: ReadonlySet<number> | null): void;
  /** moved shows cards at the places the graph has now. */
  moved(nodes: Iterable<number>): void;
  raise(nodes: Iterable<number>): void;
  marquee(box: Box | null): void;
  wire(w: Wire | null): void;
  light(fits: ((node: number, side: Side, port: number) => boolean) | null): void;
  /** hover says what is under the pointer: an edge, or a node whose edges stand out. */
  hover(edge: number, node?: number): void;
  /** sketch draws guides, the blade and marked edges on the active layer; null takes them away. */
  sketch(s: Sketch | null): void;
  /** tip shows a short text beside a point of the view; null hides it. */
  tip(text: string | null, at?: Point): void;
  cursor(name: 'grab' | 'grabbing' | 'crosshair' | 'move' | 'resize' | null): void;
  /** redraw asks for a frame; the base picture is painted anew when base is set. */
  redraw(base?: boolean): void;
}

/** Everything an action may use. */
export interface Board {
  readonly store: DocStore;
  readonly graph: Graph;
  readonly view: Surface;
  readonly statuses: Statuses;
  readonly specs: readonly Spec[];
  readonly readOnly: boolean;
  /** The last pointer position over the view, in document pixels; null when it is elsewhere. */
  pointer(): Point | null;
  say(text: string): void;
  openInspector(id: string): void;
  rename(id: string): void;
  openMenu(at: Point | null): void;
  openHelp(): void;
  /** openFind shows the bar that finds steps. */
  openFind(): void;
  /** openSettings shows what a user can set about the editor. */
  openSettings(): void;
  /** pinMap keeps the minimap in view, or lets it come and go. */
  pinMap(): void;
  /** openPicker lists the kinds of steps at a point of the view; with a loose end only those that fit it. */
  openPicker(at: Point | null, end: End | null): void;
  /** choose shows a list at a point of the view, else at the selected step, and performs what is picked. */
  choose(label: string, items: readonly { name: string; perform(): void }[], at?: Point): void;
  /** insertOn lets the user insert a step into an edge; at is where, in document pixels. */
  insertOn(edge: string, at: Point): void;
  /** cancel ends the gesture or closes the popover that is open; false when there was none. */
  cancel(): boolean;
  /** clipboard writes text, or reads it; both fall back to a memory of this page. */
  write(text: string): void;
  read(): Promise<string>;
}

/** picked returns the places of the selected nodes. */
export function picked(b: Board): number[] {
  return b.store.selection().nodes.map((id) => b.graph.at(id)).filter((i) => i >= 0);
}

/** idsOf returns the ids of nodes by place. */
export function idsOf(g: Graph, places: Iterable<number>): string[] {
  return Array.from(places, (i) => g.nodes[i]!.id);
}

/** chosen returns the node that keyboard commands start from: the last one selected, or -1. */
export function chosen(b: Board): number {
  const id = b.store.selection().nodes.at(-1);
  return id === undefined ? -1 : b.graph.at(id);
}

/** pickOnly selects nodes by place and nothing else. */
export function pickOnly(b: Board, places: Iterable<number>) {
  b.store.select(idsOf(b.graph, places));
}

/** toggled returns the selection with one node or edge added or taken away. */
export function toggled(s: Selection, what: 'nodes' | 'edges', id: string): Selection {
  const list = s[what].includes(id) ? s[what].filter((x) => x !== id) : [...s[what], id];
  return { ...s, [what]: list };
}
