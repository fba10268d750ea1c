// The state of the editor: the document scope (saved, undoable) and the session
// scope (selection), with one stream of notices for both.
import { between, docOf, isEmpty, structural, Table, type Changes, type Diff } from './diff';
import { nothing, type GraphDoc, type RFEdge, type RFNode, type Selection } from './document';

/** Where a document change came from. */
export type Origin = 'edit' | 'undo' | 'redo' | 'replace' | 'remote';

/** A committed change of the document. */
export interface DocChange {
  label: string;
  origin: Origin;
  changes: Changes;
  /** Records came or went, or connections or parents changed. */
  structural: boolean;
}

/** What subscribers hear. live: the selection is still being made, as under a marquee. */
export type Notice =
  | { kind: 'doc'; change: DocChange }
  | { kind: 'selection'; selection: Selection; live: boolean };

/** Store holds document and session. Records are immutable: a change replaces them. */
export class Store {
  private nodes: Table<RFNode>;
  private edges: Table<RFEdge>;
  private rest: GraphDoc;
  private chosen: Selection = nothing;
  private unsettled = false;
  private listeners = new Set<(n: Notice) => void>();

  constructor(doc: GraphDoc) {
    this.rest = doc;
    this.nodes = new Table(doc.nodes ?? []);
    this.edges = new Table(doc.edges ?? []);
  }

  /** doc returns the document: every record as it came unless it was changed. */
  doc(): GraphDoc {
    return docOf(this.rest, this.nodes.rows, this.edges.rows);
  }

  /** node returns a node by id. */
  node(id: string): RFNode | undefined {
    return this.nodes.get(id);
  }

  /** edge returns an edge by id. */
  edge(id: string): RFEdge | undefined {
    return this.edges.get(id);
  }

  /** has reports whether an id is in use by a node or an edge. */
  has(id: string): boolean {
    return this.nodes.at(id) >= 0 || this.edges.at(id) >= 0;
  }

  /** selection returns what is selected, in the order it was chosen. */
  selection(): Selection {
    return this.chosen;
  }

  /** select replaces the selection; ids that do not exist are left out. */
  select(nodes: readonly string[], edges: readonly string[] = [], live = false) {
    const next = {
      nodes: [...new Set(nodes)].filter((id) => this.nodes.at(id) >= 0),
      edges: [...new Set(edges)].filter((id) => this.edges.at(id) >= 0),
    };
    if (equal(next, this.chosen) && (live || !this.unsettled)) return;
    this.chosen = next;
    this.unsettled = live;
    this.tell({ kind: 'selection', selection: next, live });
  }

  /** subscribe calls fn after every change until the returned function is called. */
  subscribe(fn: (n: Notice) => void): () => void {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  /** resolve turns a diff into changes against the present document. */
  protected resolve(d: Diff): Changes {
    return { nodes: this.nodes.resolve(d.nodes), edges: this.edges.resolve(d.edges) };
  }

  /** commit makes resolved changes and tells the subscribers. */
  protected commit(changes: Changes, label: string, origin: Origin) {
    if (isEmpty(changes)) return;
    this.nodes.apply(changes.nodes);
    this.edges.apply(changes.edges);
    this.tell({ kind: 'doc', change: { label, origin, changes, structural: structural(changes) } });
    this.prune();
  }

  /** load replaces the whole document. */
  protected load(doc: GraphDoc) {
    this.rest = doc;
    this.nodes = new Table(doc.nodes ?? []);
    this.edges = new Table(doc.edges ?? []);
    this.tell({ kind: 'doc', change: { label: 'Replace', origin: 'replace', changes: { nodes: [], edges: [] }, structural: true } });
    this.prune();
  }

  /** adopt takes over records that were changed elsewhere and returns what changed. */
  protected adopt(nodes: readonly RFNode[], edges: readonly RFEdge[]): Changes {
    const n = between(this.nodes.rows, nodes), e = between(this.edges.rows, edges), changes = { nodes: n.changes, edges: e.changes };
    const reordered = n.reordered || e.reordered;
    if (isEmpty(changes) && !reordered) return changes;
    this.nodes = new Table(nodes);
    this.edges = new Table(edges);
    this.tell({ kind: 'doc', change: { label: 'Merge', origin: 'remote', changes, structural: reordered || structural(changes) } });
    this.prune();
    return changes;
  }

  private prune() {
    const { nodes, edges } = this.chosen;
    if (nodes.every((id) => this.nodes.at(id) >= 0) && edges.every((id) => this.edges.at(id) >= 0)) return;
    this.select(nodes, edges);
  }

  private tell(n: Notice) {
    for (const fn of [...this.listeners]) fn(n);
  }
}

function equal(a: Selection, b: Selection): boolean {
  const list = (x: string[], y: string[]) => x.length === y.length && x.every((id, i) => id === y[i]);
  return list(a.nodes, b.nodes) && list(a.edges, b.edges);
}

