// Undo and redo over the store. Selection and view are no steps of their own;
// each step remembers the selection it acted on and left behind.
import { invert, isEmpty, joined, type Changes, type Diff } from './diff';
import type { GraphDoc, RFEdge, RFNode, Selection } from './document';
import { rebased } from './rebase';
import { Store } from './store';

/** How a change enters the history. */
export interface ApplyOptions {
  /** Changes in a row with the same key become one step, as in typing in one field. */
  merge?: string;
  /** The longest pause in milliseconds between merged changes; 2,000 without. */
  within?: number;
  /** What is selected afterwards. */
  select?: Selection;
}

interface Step {
  label: string;
  changes: Changes;
  before: Selection;
  after: Selection;
  merge?: string;
  at: number;
}

/** How many steps are kept. */
export const STEPS = 1000;

/** DocStore is the store with its history: the one way to change the document. */
export class DocStore extends Store {
  private past: Step[] = [];
  private future: Step[] = [];

  constructor(doc: GraphDoc, private readonly now: () => number = () => performance.now()) {
    super(doc);
  }

  /** canUndo reports whether there is a step to take back. */
  get canUndo(): boolean {
    return this.past.length > 0;
  }

  /** canRedo reports whether there is a step to make again. */
  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** undoLabel names the step that undo takes back. */
  get undoLabel(): string {
    return this.past.at(-1)?.label ?? '';
  }

  /** redoLabel names the step that redo makes again. */
  get redoLabel(): string {
    return this.future.at(-1)?.label ?? '';
  }

  /** apply makes a change as one undo step; it returns false when nothing would change. */
  apply(diff: Diff, label: string, o: ApplyOptions = {}): boolean {
    const changes = this.resolve(diff);
    if (isEmpty(changes)) return false;
    const before = this.selection();
    this.commit(changes, label, 'edit');
    if (o.select) this.select(o.select.nodes, o.select.edges);
    this.remember({ label, changes, before, after: this.selection(), merge: o.merge, at: this.now() }, o.within ?? 2000);
    return true;
  }

  /** seal ends merging: the next change is a step of its own. */
  seal() {
    const last = this.past.at(-1);
    if (last) last.merge = undefined;
  }

  /** undo takes the newest step back and returns its changes; null when there is none. */
  undo(): Changes | null {
    const step = this.past.pop();
    if (!step) return null;
    this.future.push(step);
    return this.travel(invert(step.changes), step.label, step.before, 'undo');
  }

  /** redo makes the step again that undo took back. */
  redo(): Changes | null {
    const step = this.future.pop();
    if (!step) return null;
    this.past.push(step);
    step.merge = undefined;
    return this.travel(step.changes, step.label, step.after, 'redo');
  }

  /** replace loads another document and forgets the history. */
  replace(doc: GraphDoc) {
    this.past = [];
    this.future = [];
    this.load(doc);
  }

  /** absorb takes over records that were changed elsewhere. It is no undo step, and the steps there are stay. */
  absorb(nodes: readonly RFNode[], edges: readonly RFEdge[]) {
    this.seal();
    const changes = this.adopt(nodes, edges);
    if (isEmpty(changes)) return;
    const onto = rebased(changes);
    const lift = (steps: Step[]) => steps.map((s) => ({ ...s, changes: onto(s.changes) })).filter((s) => !isEmpty(s.changes));
    this.past = lift(this.past);
    this.future = lift(this.future);
  }

  private travel(changes: Changes, label: string, selection: Selection, origin: 'undo' | 'redo'): Changes {
    this.commit(changes, label, origin);
    this.select(selection.nodes, selection.edges);
    return changes;
  }

  private remember(step: Step, within: number) {
    const last = this.past.at(-1);
    const merges = step.merge !== undefined && last?.merge === step.merge && step.at - last.at <= within && !this.future.length;
    this.future = [];
    if (last && merges) {
      Object.assign(last, { changes: joined(last.changes, step.changes), after: step.after, at: step.at });
      return;
    }
    this.past.push(step);
    if (this.past.length > STEPS) this.past.shift();
  }
}
