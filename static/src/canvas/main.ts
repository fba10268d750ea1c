// The canvas: mount puts it into an element and returns what the editor works with.
import { ActionTable, type Action } from './actions';
import { addNode } from './add';
import type { Board } from './board';
import { commands, show } from './commands';
import type { GraphDoc, Point, RFEdge, RFNode, Selection } from './document';
import { Follow } from './follow';
import { Graph } from './graph';
import { add, type Item } from './material';
import { DocStore } from './history';
import { Page } from './page';
import type { Spec } from './spec';
import type { NodeState } from './status';
import type { DocChange } from './store';
import { picturesOf, svgOf, type Painted } from './svg';
import { readTheme } from './theme';
import { View } from './view';

export type { Action } from './actions';
export type { Item } from './material';
export type { Painted } from './svg';
export type { Diff, Changes } from './diff';
export type { ApplyOptions } from './history';
export type { Field, Port, PortType, Spec } from './spec';
export type { NodeState, Status } from './status';
export type { DocChange, GraphDoc, Point, RFEdge, RFNode, Selection };
export { ActionTable, DocStore };
export { labelOf, withData } from './document';
export { inputsFor, names, outputsFor } from './spec';

/** How a canvas is set up. */
export interface MountOptions {
  doc: GraphDoc;
  specs: Spec[];
  readOnly?: boolean;
  /** Hears each committed change of the document; selection and view are none. */
  onChange(change: DocChange): void;
  onSelect(ids: Selection): void;
  /** Speaks through the page's live region. */
  say(text: string): void;
  onOpenInspector(nodeId: string): void;
  /** Key under which the view (zoom, position) is remembered. */
  storageKey?: string;
  /** Key under which the user's settings of the editor are kept. */
  settingsKey?: string;
  /** Takes files that were pasted at a point of the document. */
  onFiles?(files: File[], at: Point | null): void;
  /** Actions of the page around the canvas; they join the table. */
  actions?: Action[];
}

/** A mounted canvas. */
export interface Canvas {
  readonly store: DocStore;
  readonly actions: ActionTable;
  /** What actions work on, for parts of the editor that do the same elsewhere, as the outline. */
  readonly board: Board;
  /** Keeps the step at work in view while a run is followed. */
  readonly follow: Follow;
  select(nodes: string[], edges?: string[]): void;
  selection(): Selection;
  /** addNode adds a step of a kind and selects it; without a place it goes to free space near the middle. Returns its id. */
  addNode(kind: string, at?: Point): string;
  /** add puts several items at a point as one undo step, laid out without overlap. */
  add(items: readonly Item[], at: Point | null): void;
  /** svg paints the whole graph; images are data addresses by the addresses that pictures() returns. */
  svg(images: ReadonlyMap<string, string>, name: string): Painted;
  pictures(): string[];
  screenToDoc(x: number, y: number): Point;
  setStatus(id: string, s: NodeState): void;
  /** setStale says which results a run would not give any more, each with the reason. */
  setStale(reasons: ReadonlyMap<string, string>): void;
  clearStatuses(): void;
  /** reveal selects a node and brings it into view. */
  reveal(id: string): void;
  /** goTo selects a node and puts it into the middle of the view, at a zoom that can be read. */
  goTo(id: string): void;
  focus(): void;
  /** busy reports whether a gesture is in progress or a name is being written. */
  busy(): boolean;
  /** replace loads another document and forgets the history. */
  replace(doc: GraphDoc): void;
  /** stats returns counts for benchmarks: base paints so far and mounted cards. */
  stats(): { paints: number; cards: number };
  destroy(): void;
}

/** mount fills root with a canvas showing a document; what was in it goes. */
export function mount(root: HTMLElement, o: MountOptions): Canvas {
  root.replaceChildren();
  const store = new DocStore(o.doc), graph = new Graph(store.doc(), o.specs);
  const view = new View(root, graph, store);
  const page = new Page(root, view, store, graph, o, [...commands(), ...(o.actions ?? [])]);
  const { board } = page, follow = new Follow(view, graph);
  return {
    store,
    actions: page.actions,
    board,
    follow,
    select: (nodes, edges) => store.select(nodes, edges),
    selection: () => store.selection(),
    addNode: (kind, at) => addNode(board, kind, at),
    add: (items, at) => add(board, items, at),
    svg: (images, name) => svgOf(graph, readTheme(root), images, name),
    pictures: () => picturesOf(graph),
    screenToDoc: (x, y) => view.cam.toDoc(view.point({ clientX: x, clientY: y })),
    setStatus: (id, s) => view.statuses.set(id, s),
    setStale: (reasons) => view.statuses.outdate(reasons),
    clearStatuses: () => view.statuses.clear(),
    reveal: (id) => show(board, graph.at(id)),
    goTo: (id) => {
      const i = graph.at(id);
      show(board, i);
      if (i >= 0) view.centre(graph.box(i));
    },
    focus: () => view.stage.focus({ preventScroll: true }),
    busy: () => page.busy,
    replace: (doc) => store.replace(doc),
    stats: () => view.stats(),
    destroy: () => page.destroy(),
  };
}
