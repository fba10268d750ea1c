// Events -> the state of a run. Pure: every function returns a new value or the
// one it got. RunView keeps the results by node, so that an event costs the same
// in a run of five nodes and of ten thousand.
import { isFinal, type Frame, type NodeEvent, type RunState, type Stamp, type Usage } from './frames';

/** A node in a run as the editor shows it. */
export interface NodeView extends NodeEvent {
  /** Text streamed so far by the running attempt. */
  streamed?: string;
  /** Of a node that calls a workflow: how many of the called steps are final, and failed. */
  inside?: { done: number; failed: number };
}

/** A run as the editor shows it. */
export interface RunHead extends RunState {
  id: string;
  createdAt?: string;
  workflowVersion?: number;
}

type NodeFrame = Extract<Frame, { type: 'node.status' | 'node.delta' }>;

/** nextNode returns the state of a node after a frame about it. */
export function nextNode(before: NodeView | undefined, f: NodeFrame): NodeView {
  if (f.type === 'node.delta') {
    const fresh = f.attempt !== undefined && before?.attempt !== undefined && f.attempt > before.attempt;
    const base: NodeView = before ?? { nodeId: f.nodeId, status: 'running' };
    return { ...base, attempt: f.attempt ?? base.attempt, streamed: (fresh ? '' : base.streamed ?? '') + f.text };
  }
  const { type: _type, runId: _run, seq: _seq, at: _at, ...event } = f;
  const same = before?.attempt === event.attempt || before?.attempt === undefined;
  // A retry starts its text anew; the end of an attempt keeps what it streamed.
  const streamed = same && event.status !== 'queued' ? before?.streamed : undefined;
  const kept = isFinal(event.status) ? { queuedAt: before?.queuedAt, startedAt: before?.startedAt } : { queuedAt: before?.queuedAt };
  return { ...defined({ ...kept, inside: before?.inside, streamed }), ...event };
}

function defined<T extends object>(o: T): T {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as T;
}

/** nextRun returns the state of a run after one of its own events. */
export function nextRun(before: RunHead, f: Stamp & RunState & { type?: string }): RunHead {
  const { type: _type, runId: _run, seq: _seq, at: _at, ...state } = f;
  return { ...before, ...defined(state), error: state.error ?? '' };
}

/** What apply changed: 'all' after a snapshot, a node's id, the run itself, a log line, or nothing. */
export type Changed = 'all' | 'run' | 'log' | { node: string } | null;

/** RunView is one run, followed. */
export class RunView {
  readonly nodes = new Map<string, NodeView>();
  head: RunHead;
  seq = 0;

  constructor(id: string, head: Partial<RunHead> = {}) {
    this.head = { status: 'queued', ...head, id };
  }

  /** done reports whether the run has ended. */
  get done(): boolean {
    return isFinal(this.head.status);
  }

  /** apply takes a frame in; frames of other runs and old ones change nothing. */
  apply(f: Frame): Changed {
    if (f.runId !== this.head.id || f.seq <= this.seq) return null;
    this.seq = f.seq;
    switch (f.type) {
      case 'snapshot':
        this.head = { ...this.head, ...f.run, id: f.runId };
        this.nodes.clear();
        for (const [id, n] of Object.entries(f.nodes)) this.nodes.set(id, { ...n, nodeId: id });
        return 'all';
      case 'run.status':
        this.head = nextRun(this.head, f);
        return 'run';
      case 'log':
        return 'log'; // the lines themselves are fetched by who shows them
      case 'node.status':
      case 'node.delta':
        if (f.iteration) return this.within(f);
        this.nodes.set(f.nodeId, nextNode(this.nodes.get(f.nodeId), f));
        return { node: f.nodeId };
      default:
        return null; // an event of a newer server
    }
  }

  // A step that another one called counts at the outermost caller.
  private within(f: NodeFrame): Changed {
    if (f.type !== 'node.status' || !isFinal(f.status)) return null;
    for (let end = f.nodeId.indexOf('/'); end > 0; end = f.nodeId.indexOf('/', end + 1)) {
      const id = f.nodeId.slice(0, end), caller = this.nodes.get(id);
      if (!caller) continue;
      const { done, failed } = caller.inside ?? { done: 0, failed: 0 };
      this.nodes.set(id, { ...caller, inside: { done: done + 1, failed: failed + (f.status === 'failed' ? 1 : 0) } });
      return { node: id };
    }
    return null;
  }
}

/** One attempt of a node as GET /api/runs/:id answers it. */
export interface NodeResult extends Partial<Usage> {
  nodeId: string;
  nodeType?: string;
  attempt: number;
  iteration?: string;
  status: NodeView['status'];
  cached?: boolean;
  inputs?: Record<string, unknown> | null;
  output?: Record<string, unknown> | null;
  error?: string;
  reason?: string;
  meta?: Record<string, string> | null;
  queuedAt?: string | null;
  startedAt?: string | null;
  duration?: number | null;
}

/** A run as GET /api/runs/:id answers it. */
export interface RunDetail extends RunHead {
  nodeResults?: NodeResult[] | null;
}

/** fromDetail returns a finished or interrupted run as it was stored; the newest attempt of each node counts. */
export function fromDetail(d: RunDetail): RunView {
  const { nodeResults, ...head } = d;
  const view = new RunView(d.id, head);
  for (const r of nodeResults ?? []) if (!r.iteration) view.nodes.set(r.nodeId, fromResult(r));
  return view;
}

function fromResult(r: NodeResult): NodeView {
  const usage = r.tokensIn || r.tokensOut || r.costUsd ? { tokensIn: r.tokensIn ?? 0, tokensOut: r.tokensOut ?? 0, costUsd: r.costUsd ?? null } : undefined;
  return defined({
    nodeId: r.nodeId, status: r.status, cached: r.cached || undefined, attempt: r.attempt, error: r.error || undefined, reason: r.reason || undefined,
    output: r.output ? Object.fromEntries(Object.entries(r.output).map(([port, v]) => [port, preview(v)])) : undefined,
    meta: r.meta ?? undefined, usage, queuedAt: r.queuedAt ?? undefined, startedAt: r.startedAt ?? undefined, duration: r.duration ?? undefined,
  });
}

const PREVIEW = 600;

/** preview writes a value as events do: text as it is, a file's reference whole, everything else as JSON, cut. */
export function preview(v: unknown): string {
  if (v && typeof v === 'object' && '$file' in v) return JSON.stringify(v);
  if (v && typeof v === 'object' && '$blob' in v) return String((v as { preview?: string }).preview ?? '').slice(0, PREVIEW);
  return (typeof v === 'string' ? v : JSON.stringify(v) ?? '').slice(0, PREVIEW);
}
