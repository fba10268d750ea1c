// Connecting without a pointer: every end that fits the selected step, nearest first.
import type { Board } from './board';
import { Checker, connection, type End } from './connect';
import { labelOf } from './document';
import type { Graph, Side } from './graph';

/** One line of the list: what it is called and what choosing it does. */
export interface Choice { name: string; perform(): void }

const LONGEST = 60;

/** choices returns the connections that can be made from a node. */
export function choices(b: Board, node: number): Choice[] {
  const g = b.graph, out: Choice[] = [];
  const others = [...g.nodes.keys()].filter((i) => i !== node && !g.frame[i]).sort((a, c) => distance(g, node, a) - distance(g, node, c));
  for (const side of ['out', 'in'] as const) {
    for (let port = 0; port < g.ports(node, side).length; port++) {
      const from: End = { node, side, port }, checker = new Checker(g, from);
      for (const other of others) {
        for (const to of ends(g, other, side === 'out' ? 'in' : 'out')) {
          if (!checker.refusal(to)) out.push({ name: name(g, from, to), perform: () => join(b, from, to) });
        }
        if (out.length >= LONGEST) return out;
      }
    }
  }
  return out;
}

function ends(g: Graph, node: number, side: Side): End[] {
  return g.ports(node, side).map((_, port) => ({ node, side, port }));
}

function distance(g: Graph, a: number, b: number): number {
  return Math.hypot(g.x[a]! - g.x[b]!, g.y[a]! - g.y[b]!);
}

function name(g: Graph, from: End, to: End): string {
  const port = (e: End) => g.ports(e.node, e.side)[e.port]!.label;
  const taken = to.side === 'in' && !g.ports(to.node, 'in')[to.port]!.multiple && g.fed(to.node, to.port);
  return `${port(from)} ${from.side === 'out' ? '→' : '←'} ${labelOf(g.nodes[to.node]!)}, ${port(to)}${taken ? ' (replaces)' : ''}`;
}

function join(b: Board, from: End, to: End) {
  b.store.apply(connection(b.graph, from, to, (id) => b.store.has(id)), 'Connect');
  b.say(`Connected ${name(b.graph, from, to)}.`);
}
