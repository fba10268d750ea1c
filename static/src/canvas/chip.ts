// What passed along a connection in the run that is shown: how many items, and how they begin.
import type { Graph } from './graph';
import type { NodeState } from './status';

/** The most characters of a value that a preview shows. */
const MOST = 240;

/** countOf says how many items an output holds, from its beginning; a list that is cut off has many. */
export function countOf(text: string): string {
  if (!text.startsWith('[')) return '1 item';
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return '1 item';
    return list.length === 1 ? '1 item' : `${list.length.toLocaleString('en')} items`;
  } catch { return 'many items'; }
}

/** chipOf returns the words of the chip at an output port; undefined when nothing came out of it. */
export function chipOf(state: NodeState | undefined, port: string): string | undefined {
  const text = state?.status === 'success' ? state.outputs?.[port] : undefined;
  return text === undefined ? undefined : countOf(text);
}

/** passedOn returns the beginning of what passed along an edge; empty when nothing did. */
export function passedOn(g: Graph, edge: number, stateOf: (id: string) => NodeState | undefined): string {
  const from = g.es[edge]!, port = g.ports(from, 'out')[g.ep[edge]!], state = stateOf(g.nodes[from]!.id);
  const text = port && state?.status === 'success' ? state.outputs?.[port.name] : undefined;
  if (text === undefined) return '';
  if (/^\s*\[?\s*\{"\$file"/.test(text)) return /"name":"([^"]*)"/.exec(text)?.[1] ?? 'A file';
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text || 'An empty text';
}
