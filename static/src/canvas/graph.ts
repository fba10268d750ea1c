// An index over the document for drawing, hit tests and connection rules: typed
// arrays by position in the node and edge lists. Rebuilt when the structure
// changes, patched when cards only move or their data changes.
import { isOn, num, usableEdge, usableNode, type GraphDoc, type Point, type RFEdge, type RFNode } from './document';
import type { Box } from './geometry';
import { frameShape, noteShape, shapeOf } from './layout';
import { inputsFor, outputsFor, type Port, type PortType, type Spec } from './spec';

/** Which side of a card a port is on. */
export type Side = 'in' | 'out';

/** The order in which edges are coloured: index into theme colours. */
export const TYPES: readonly PortType[] = ['any', 'text', 'number', 'boolean', 'image', 'file', 'json', 'list'];

const none: Port[] = [];

/** Graph is the index. Arrays are read by everybody and written only here. */
export class Graph {
  nodes: RFNode[] = [];
  edges: RFEdge[] = [];
  x = new Float64Array(0);
  y = new Float64Array(0);
  w = new Float32Array(0);
  h = new Float32Array(0);
  in0 = new Float32Array(0);
  out0 = new Float32Array(0);
  preview = new Float32Array(0);
  /** Distance between the ports of a node. */
  row = new Float32Array(0);
  frame = new Uint8Array(0);
  note = new Uint8Array(0);
  /** The collapsed frame that hides a node, else -1. */
  shell = new Int32Array(0);
  depth = new Uint8Array(0);
  parent = new Int32Array(0);
  /** Source and target node of each edge, -1 when the end does not exist. */
  es = new Int32Array(0);
  et = new Int32Array(0);
  /** Port of each end, as its place in outs and ins. */
  ep = new Int16Array(0);
  tp = new Int16Array(0);
  /** Index into TYPES of what each edge carries. */
  carries = new Uint8Array(0);
  ins: Port[][] = [];
  outs: Port[][] = [];
  private ids = new Map<string, number>();
  private edgeIds = new Map<string, number>();
  private kids: number[][] = [];
  private start = new Int32Array(0);
  private incident = new Int32Array(0);
  private specs: Map<string, Spec>;

  constructor(doc: GraphDoc, specs: readonly Spec[]) {
    this.specs = new Map(specs.map((s) => [s.type, s]));
    this.rebuild(doc);
  }

  /** at returns the place of a node by id, or -1. */
  at(id: string): number {
    return this.ids.get(id) ?? -1;
  }

  /** edgeAt returns the place of an edge by id, or -1. */
  edgeAt(id: string): number {
    return this.edgeIds.get(id) ?? -1;
  }

  /** spec returns the kind of a node, undefined when it is not known here. */
  spec(i: number): Spec | undefined {
    return this.specs.get(this.nodes[i]?.type ?? '');
  }

  /** rebuild indexes a document from nothing. */
  rebuild(doc: GraphDoc) {
    this.nodes = doc.nodes.filter(usableNode);
    const n = this.nodes.length;
    this.ids = new Map();
    this.nodes.forEach((node, i) => this.ids.has(node.id) || this.ids.set(node.id, i));
    this.x = new Float64Array(n);
    this.y = new Float64Array(n);
    for (const key of ['w', 'h', 'in0', 'out0', 'preview', 'row'] as const) this[key] = new Float32Array(n);
    this.frame = new Uint8Array(n);
    this.note = Uint8Array.from(this.nodes, (node) => (node.type === 'note' && !this.specs.has('note') ? 1 : 0));
    this.shell = new Int32Array(n).fill(-1);
    this.depth = new Uint8Array(n);
    this.parent = new Int32Array(n).fill(-1);
    this.ins = new Array<Port[]>(n).fill(none);
    this.outs = new Array<Port[]>(n).fill(none);
    this.nest();
    this.link(doc.edges.filter(usableEdge));
    for (let i = 0; i < n; i++) this.shape(i);
    this.ends();
    for (let i = 0; i < n; i++) if (this.parent[i]! < 0) this.settle(i, 0);
    this.shut();
  }

  /** patch takes over changed records when nothing structural changed. */
  patch(ids: Iterable<string>, node: (id: string) => RFNode | undefined) {
    let reshaped = false;
    for (const id of ids) {
      const i = this.at(id), next = node(id);
      if (i < 0 || !next) continue;
      const old = this.nodes[i]!;
      this.nodes[i] = next;
      if (old.data !== next.data || old.width !== next.width || old.height !== next.height || old.style !== next.style) {
        this.shape(i);
        reshaped = true;
      }
      this.settle(i, this.depth[i]!);
    }
    if (!reshaped) return;
    this.ends();
    this.shut();
  }

  /** place moves a card, and what is in it, to an absolute position without touching the document. */
  place(i: number, x: number, y: number) {
    const dx = x - this.x[i]!, dy = y - this.y[i]!;
    const move = (k: number) => {
      this.x[k]! += dx;
      this.y[k]! += dy;
      this.kids[k]?.forEach(move);
    };
    move(i);
  }

  /** origin returns where the position of a node counts from: its parent's corner. */
  origin(i: number): Point {
    const p = this.parent[i]!;
    return p < 0 ? { x: 0, y: 0 } : { x: this.x[p]!, y: this.y[p]! };
  }

  /** children returns the nodes directly inside a frame. */
  children(i: number): readonly number[] {
    return this.kids[i] ?? [];
  }

  /** box returns the rectangle of a card; of a hidden one that of the frame that hides it. */
  box(at: number): Box {
    const i = this.shell[at]! >= 0 ? this.shell[at]! : at;
    const x = this.x[i]!, y = this.y[i]!;
    return { x0: x, y0: y, x1: x + this.w[i]!, y1: y + this.h[i]! };
  }

  /** ports returns the ports of one side of a node. */
  ports(i: number, side: Side): readonly Port[] {
    return (side === 'in' ? this.ins[i] : this.outs[i]) ?? none;
  }

  /** portAt returns the centre of a port's dot; of a hidden node the side of the frame that hides it. */
  portAt(at: number, side: Side, port: number): Point {
    const i = this.shell[at]! >= 0 ? this.shell[at]! : at;
    const top = this.y[i]! + port * this.row[i]!;
    return side === 'in' ? { x: this.x[i]!, y: top + this.in0[i]! } : { x: this.x[i]! + this.w[i]!, y: top + this.out0[i]! };
  }

  /** from returns the point where an edge starts. */
  from(k: number): Point {
    return this.portAt(this.es[k]!, 'out', this.ep[k]!);
  }

  /** to returns the point where an edge ends. */
  to(k: number): Point {
    return this.portAt(this.et[k]!, 'in', this.tp[k]!);
  }

  /** drawn reports whether both ends of an edge exist. */
  drawn(k: number): boolean {
    return this.es[k]! >= 0 && this.et[k]! >= 0;
  }

  /** shown reports whether an edge can be seen: its ends exist and are not hidden by one frame. */
  shown(k: number): boolean {
    const s = this.es[k]!, t = this.et[k]!;
    return s >= 0 && t >= 0 && (this.shell[s]! < 0 || this.shell[s] !== this.shell[t]);
  }

  /** edgesOf returns the edges at a node. */
  edgesOf(i: number): Int32Array {
    return this.incident.subarray(this.start[i]!, this.start[i + 1]!);
  }

  /** fed reports whether an edge ends at an input port. */
  fed(i: number, port: number): boolean {
    return this.edgesOf(i).some((k) => this.et[k] === i && this.tp[k] === port);
  }

  /** portIndex returns the place of a handle among a side's ports; a null handle names the first. */
  portIndex(i: number, side: Side, handle: string | null | undefined): number {
    const ports = this.ports(i, side);
    if (!handle) return 0;
    return Math.max(0, ports.findIndex((p) => p.name === handle));
  }

  /** reach returns the nodes that can be reached from one, against the edges when back is set, as if one edge were gone. */
  reach(from: number, back: boolean, without = -1): Set<number> {
    const seen = new Set([from]);
    for (const i of seen) {
      for (const k of this.edgesOf(i)) {
        const [near, far] = back ? [this.et[k]!, this.es[k]!] : [this.es[k]!, this.et[k]!];
        if (near === i && far >= 0 && k !== without) seen.add(far);
      }
    }
    return seen;
  }

  private nest() {
    this.kids = [];
    this.nodes.forEach((n, i) => {
      if (n.type === 'group' && !this.specs.has('group')) this.frame[i] = 1;
      const p = typeof n.parentId === 'string' ? this.at(n.parentId) : -1;
      if (p < 0 || p === i || this.within(p, i)) return;
      this.parent[i] = p;
      (this.kids[p] ??= []).push(i);
      if (!this.spec(p)) this.frame[p] = 1;
    });
  }

  // What is inside a collapsed frame is hidden by the outermost one.
  private shut() {
    this.shell.fill(-1);
    if (!this.kids.length) return;
    const spread = (i: number, by: number) => {
      this.shell[i] = by;
      const next = by < 0 && this.frame[i] && isOn(this.nodes[i]!, 'collapsed') ? i : by;
      for (const k of this.kids[i] ?? []) spread(k, next);
    };
    for (let i = 0; i < this.nodes.length; i++) if (this.parent[i]! < 0) spread(i, -1);
  }

  private within(i: number, ancestor: number): boolean {
    for (let p = i; p >= 0; p = this.parent[p]!) if (p === ancestor) return true;
    return false;
  }

  private settle(i: number, depth: number) {
    const n = this.nodes[i]!, o = this.origin(i), at = n.position as Point | undefined;
    this.x[i] = o.x + num(at?.x);
    this.y[i] = o.y + num(at?.y);
    this.depth[i] = depth;
    for (const k of this.kids[i] ?? []) this.settle(k, Math.min(depth + 1, 250));
  }

  private link(edges: RFEdge[]) {
    this.edges = edges;
    const n = this.nodes.length, e = edges.length;
    this.edgeIds = new Map(edges.map((edge, k) => [edge.id, k]));
    this.es = Int32Array.from(edges, (edge) => this.at(edge.source));
    this.et = Int32Array.from(edges, (edge) => this.at(edge.target));
    for (let k = 0; k < e; k++) if (this.frame[this.es[k]!] || this.frame[this.et[k]!]) this.unframe(k);
    const count = new Int32Array(n + 1);
    const each = (fn: (i: number, k: number) => void) => {
      for (let k = 0; k < e; k++) {
        const s = this.es[k]!, t = this.et[k]!;
        if (s >= 0) fn(s, k);
        if (t >= 0 && t !== s) fn(t, k);
      }
    };
    each((i) => count[i + 1]!++);
    for (let i = 0; i < n; i++) count[i + 1]! += count[i]!;
    this.start = count.slice();
    this.incident = new Int32Array(count[n]!);
    each((i, k) => { this.incident[count[i]!++] = k; });
  }

  // A frame that edges end at is a card with ports after all, unless it is a plain group.
  private unframe(k: number) {
    for (const i of [this.es[k]!, this.et[k]!]) if (i >= 0 && this.nodes[i]!.type !== 'group') this.frame[i] = 0;
  }

  private shape(i: number) {
    const node = this.nodes[i]!, spec = this.spec(i);
    const frame = this.frame[i] === 1;
    this.ins[i] = frame ? none : this.withGuessed(i, 'in', spec ? inputsFor(spec, node.data) : none);
    this.outs[i] = frame ? none : this.withGuessed(i, 'out', spec ? outputsFor(spec, node.data) : none);
    const s = frame ? frameShape(node) : this.note[i] ? noteShape(node) : shapeOf(node, spec, this.ins[i]!, this.outs[i]!);
    this.w[i] = s.w;
    this.h[i] = s.h;
    this.in0[i] = s.in0;
    this.out0[i] = s.out0;
    this.row[i] = s.row;
    this.preview[i] = s.preview;
  }

  // Handles that edges name and the kind does not offer get a port of their own, so nothing is lost.
  private withGuessed(i: number, side: Side, own: Port[]): Port[] {
    let ports = own;
    for (const k of this.edgesOf(i)) {
      const here = side === 'in' ? this.et[k] : this.es[k];
      if (here !== i) continue;
      const edge = this.edges[k]!;
      const handle = (side === 'in' ? edge.targetHandle : edge.sourceHandle) ?? '';
      if (handle ? ports.some((p) => p.name === handle) : ports.length) continue;
      ports = [...ports, { name: handle, label: plainLabel(handle, edge, side), type: 'any', guessed: true, multiple: true }];
    }
    return ports;
  }

  private ends() {
    const e = this.edges.length;
    this.ep = new Int16Array(e);
    this.tp = new Int16Array(e);
    this.carries = new Uint8Array(e);
    this.edges.forEach((edge, k) => {
      const s = this.es[k]!, t = this.et[k]!;
      if (s < 0 || t < 0) return;
      this.ep[k] = this.portIndex(s, 'out', edge.sourceHandle);
      this.tp[k] = this.portIndex(t, 'in', edge.targetHandle);
      this.carries[k] = Math.max(0, TYPES.indexOf(this.outs[s]![this.ep[k]!]?.type ?? 'any'));
    });
  }
}

// Other tools write long handles, as in "llm_0-output-llm" or JSON with odd quotes: show what a person can read.
function plainLabel(handle: string, edge: RFEdge, side: Side): string {
  if (!handle) return side === 'in' ? 'in' : 'out';
  const named = /(?:fieldName|name)œ:\s*œ([^œ]+)/.exec(handle)?.[1];
  if (named) return named;
  const own = side === 'in' ? edge.target : edge.source;
  const rest = handle.startsWith(own) ? handle.slice(own.length).replace(/^-(?:in|out)put-/, '').replace(/^[-_:]+/, '') : handle;
  return rest.split(/[-|]/)[0] || (side === 'in' ? 'in' : 'out');
}
