// The document as it is stored: plain @xyflow/react JSON. Members this code does
// not know stay in the records untouched; records are never changed in place.

/** A point in canvas pixels. */
export interface Point { x: number; y: number }

/** A node of the document. */
export interface RFNode {
  id: string;
  type?: string;
  position: Point;
  data?: Record<string, unknown>;
  parentId?: string;
  width?: number;
  height?: number;
  [member: string]: unknown;
}

/** An edge of the document. A null or absent handle names the kind's first port. */
export interface RFEdge {
  id: string;
  source: string;
  target: string;
  sourceHandle?: string | null;
  targetHandle?: string | null;
  [member: string]: unknown;
}

/** A whole document; members beside nodes and edges are kept. */
export interface GraphDoc {
  nodes: RFNode[];
  edges: RFEdge[];
  [member: string]: unknown;
}

/** What is selected, by id. */
export interface Selection { nodes: string[]; edges: string[] }

/** nothing is the empty selection. */
export const nothing: Selection = { nodes: [], edges: [] };

/** num reads a number that may be missing or wrapped by JSON.rawJSON. */
export function num(value: unknown, otherwise = 0): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : otherwise;
  if (value && typeof value === 'object' && 'rawJSON' in value) return num(Number(value.rawJSON), otherwise);
  return otherwise;
}

/** dataOf returns the node's data, or an empty object when it has none that is an object. */
export function dataOf(node: RFNode): Record<string, unknown> {
  const data: unknown = node.data;
  return data && typeof data === 'object' && !Array.isArray(data) ? (data as Record<string, unknown>) : {};
}

/** withData returns the node with some members of its data replaced. */
export function withData(node: RFNode, patch: Record<string, unknown>): Partial<RFNode> {
  return { data: { ...dataOf(node), ...patch } };
}

/** labelOf returns what the user calls the node: its label, else the first line of a note, else its type, else its id. */
export function labelOf(node: RFNode): string {
  const { label, text } = dataOf(node);
  const line = node.type === 'note' && typeof text === 'string' ? /[^\s#*`_-].*/.exec(text)?.[0].replace(/[*`_]/g, '').trim().slice(0, 80) : '';
  return (typeof label === 'string' && label) || line || { note: 'Note', group: 'Frame' }[node.type ?? ''] || node.type || node.id;
}

/** isOn reports whether a member of the data is true. */
export const isOn = (node: RFNode, key: 'disabled' | 'collapsed'): boolean => dataOf(node)[key] === true;

/** isPinned reports whether outputs are pinned to the step. */
export function isPinned(node: RFNode): boolean {
  const { pinned } = dataOf(node);
  return !!pinned && typeof pinned === 'object' && !Array.isArray(pinned);
}

/** usableNode reports whether a record can be shown; others stay in the document unseen. */
export function usableNode(n: unknown): n is RFNode {
  return !!n && typeof n === 'object' && typeof (n as RFNode).id === 'string';
}

/** usableEdge reports whether a record names two ends; others stay in the document unseen. */
export function usableEdge(e: unknown): e is RFEdge {
  if (!e || typeof e !== 'object') return false;
  const { source, target } = e as RFEdge;
  return typeof source === 'string' && typeof target === 'string';
}

/** newId returns an id that is not in use: a prefix and eight random characters. */
export function newId(prefix: string, taken: (id: string) => boolean): string {
  for (;;) {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    const id = prefix + Array.from(bytes, (b) => (b % 36).toString(36)).join('');
    if (!taken(id)) return id;
  }
}
