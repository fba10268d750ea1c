// Pressing an edge: a click selects it, a drag takes its nearer end along.
import type { Board } from '../board';
import { Connect } from './connect';
import { clicked, pressed } from './select';
import { far, type Pointer, type Tool } from './tool';

/** Edge waits whether the press on an edge is a click or a drag. */
export class Edge implements Tool {
  private readonly id: string;
  private readonly was: boolean;

  constructor(private readonly b: Board, private readonly hit: { edge: number; t: number }, private readonly from: Pointer) {
    this.id = b.graph.edges[hit.edge]!.id;
    this.was = b.store.selection().edges.includes(this.id);
    pressed(b, 'edges', this.id, from);
  }

  move(p: Pointer): Tool | void {
    if (this.b.readOnly || !far(this.from, p)) return;
    const { graph: g } = this.b, k = this.hit.edge;
    const stays = this.hit.t > 0.5 ? { node: g.es[k]!, side: 'out' as const, port: g.ep[k]! } : { node: g.et[k]!, side: 'in' as const, port: g.tp[k]! };
    return new Connect(this.b, stays, this.from, k);
  }

  up(p: Pointer) {
    clicked(this.b, 'edges', this.id, p, this.was);
  }

  cancel() {}
}
