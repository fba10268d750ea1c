// The rules of connections: what may be connected, why not, and what a new edge replaces.
import type { Diff } from './diff';
import { newId, type Point, type RFEdge } from './document';
import type { Graph, Side } from './graph';
import { accepts, type Port } from './spec';

/** One end of a connection. */
export interface End { node: number; side: Side; port: number }

const article = (word: string) => (/^[aeiou]/i.test(word) ? 'An' : 'A');
const aOrAn = (word: string) => article(word).toLowerCase();

/** mismatch says why a value of one port cannot go into another; null when it can. */
export function mismatch(from: Port, to: Port): string | null {
  if (accepts(to.type, from.type)) return null;
  return `${article(from.type)} ${from.type} output cannot feed ${aOrAn(to.type)} ${to.type} input`;
}

/** Checker answers for one end which other ends it may be connected to. */
export class Checker {
  private readonly upstream: Set<number>;

  /** moving is the edge whose other end is being dragged: it does not count as present. */
  constructor(private readonly g: Graph, private readonly from: End, private readonly moving = -1) {
    this.upstream = g.reach(from.node, from.side === 'out', moving);
  }

  /** refusal returns why the other end cannot be connected, or null. */
  refusal(to: End): string | null {
    const { g, from } = this;
    if (to.node === from.node) return 'A step cannot feed itself';
    if (to.side === from.side) return from.side === 'out' ? 'Two outputs cannot be connected' : 'Two inputs cannot be connected';
    const [source, target] = from.side === 'out' ? [from, to] : [to, from];
    const out = g.ports(source.node, 'out')[source.port], into = g.ports(target.node, 'in')[target.port];
    if (!out || !into) return 'There is no port to connect to';
    if (this.present(source, target)) return 'These are already connected';
    return mismatch(out, into) ?? (this.upstream.has(to.node) ? 'That would make a loop' : null);
  }

  /** best returns the first free end of a node that fits, else why there is none. */
  best(node: number): End | string {
    const side: Side = this.from.side === 'out' ? 'in' : 'out';
    let why = '';
    let full = false;
    const ports = this.g.ports(node, side);
    for (let port = 0; port < ports.length; port++) {
      const end: End = { node, side, port };
      const no = this.refusal(end);
      if (no) why ||= no;
      else if (this.free(end)) return end;
      else full = true;
    }
    if (full) return 'The inputs that fit are taken: drop on one to replace its connection';
    return why || (side === 'in' ? 'This step has no inputs' : 'This step has no outputs');
  }

  private free(end: End): boolean {
    if (end.side === 'out' || this.g.ports(end.node, 'in')[end.port]!.multiple) return true;
    return !this.g.edgesOf(end.node).some((k) => k !== this.moving && this.g.et[k] === end.node && this.g.tp[k] === end.port);
  }

  private present(source: End, target: End): boolean {
    const { g } = this;
    return g.edgesOf(source.node).some((k) => k !== this.moving && g.es[k] === source.node && g.et[k] === target.node && g.ep[k] === source.port && g.tp[k] === target.port);
  }
}

/** connection returns the diff that connects two ends, replacing what a single input had. */
export function connection(g: Graph, a: End, b: End, taken: (id: string) => boolean, moving = -1): Diff {
  const [source, target] = a.side === 'out' ? [a, b] : [b, a];
  const ends = {
    source: g.nodes[source.node]!.id,
    target: g.nodes[target.node]!.id,
    sourceHandle: g.outs[source.node]![source.port]!.name || null,
    targetHandle: g.ins[target.node]![target.port]!.name || null,
  };
  const remove = replaced(g, target, moving);
  if (moving >= 0) return { edges: { remove, update: { [g.edges[moving]!.id]: ends } } };
  const edge: RFEdge = { id: newId('e_', taken), ...ends };
  return { edges: { remove, put: [edge] } };
}

/** replaced returns the edges that a new one at a single input takes the place of; moving does not count. */
export function replaced(g: Graph, target: End, moving: number): string[] {
  if (g.ins[target.node]![target.port]!.multiple) return [];
  return [...g.edgesOf(target.node)].filter((k) => k !== moving && g.et[k] === target.node && g.tp[k] === target.port).map((k) => g.edges[k]!.id);
}

/** nearestPort returns the port nearest to a point within a radius that pick allows. */
export function nearestPort(g: Graph, among: Iterable<number>, p: Point, radius: number, pick: (e: End) => boolean): End | null {
  let best = radius, found: End | null = null;
  for (const node of among) {
    if (p.x < g.x[node]! - radius || p.x > g.x[node]! + g.w[node]! + radius || p.y < g.y[node]! - radius || p.y > g.y[node]! + g.h[node]! + radius) continue;
    for (const side of ['in', 'out'] as const) {
      for (let port = 0; port < g.ports(node, side).length; port++) {
        const at = g.portAt(node, side, port), d = Math.hypot(p.x - at.x, p.y - at.y);
        if (d > best || !pick({ node, side, port })) continue;
        best = d;
        found = { node, side, port };
      }
    }
  }
  return found;
}
