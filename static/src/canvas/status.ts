// What a run says about each node. Any number of events per frame costs one
// repaint of the nodes they name.

/** The states of a node in a run. */
export type Status = 'idle' | 'queued' | 'running' | 'waiting' | 'success' | 'failed' | 'skipped' | 'canceled';

/** The state of a node as its card shows it. */
export interface NodeState {
  status: Status;
  cached?: boolean;
  durationMs?: number | null;
  error?: string;
  /** Why it was skipped or reused. */
  reason?: string;
  tokens?: number;
  costUsd?: number | null;
  /** What a person is asked, of a step that waits for an approval. */
  question?: string;
  /** The output as people read it. */
  preview?: string;
  /** The beginning of each output as people read it, by the name of its port. */
  outputs?: Readonly<Record<string, string>>;
  /** Addresses of output images; the first is shown. */
  images?: string[];
  /** The whole text streamed so far. */
  streamed?: string;
  /** Why the next run would compute it anew, where what is shown is no longer what a run would give. */
  stale?: string;
}

/** How a card looks: the state, cached for a reused success, stale for one that the next run computes anew. */
export type Look = Status | 'cached' | 'stale';

/** lookOf returns how a state is shown. */
export function lookOf(s: NodeState | undefined): Look {
  if (s?.status !== 'success') return s?.status ?? 'idle';
  if (s.stale) return 'stale';
  return s.cached ? 'cached' : 'success';
}

/** The word on the pill of each look. */
export const words: Record<Look, string> = {
  idle: '', queued: 'Queued', running: 'Running', waiting: 'Waiting', success: 'Success',
  failed: 'Failed', skipped: 'Skipped', canceled: 'Canceled', cached: 'Cached', stale: 'Will run',
};

/** Statuses holds the state of every node and which of them changed since the last frame. */
export class Statuses {
  private states = new Map<string, NodeState>();
  private changed = new Set<string>();
  private stale: ReadonlyMap<string, string> = new Map();
  private atWork = new Set<string>();
  /** The nodes that wait for an approval. */
  readonly asking = new Set<string>();
  /** Counts the changes of the set of nodes at work. */
  working = 0;

  constructor(private readonly wake: () => void) {}

  /** set replaces the state of a node. */
  set(id: string, s: NodeState) {
    this.states.set(id, s);
    this.changed.add(id);
    const runs = s.status === 'running';
    if (runs !== this.atWork.has(id)) this.working++;
    if (runs) this.atWork.add(id);
    else this.atWork.delete(id);
    if (s.status === 'waiting' && s.question) this.asking.add(id);
    else this.asking.delete(id);
    this.wake();
  }

  /** outdate says which states a run would not give any more, each with the reason. */
  outdate(stale: ReadonlyMap<string, string>) {
    for (const id of [...this.stale.keys(), ...stale.keys()]) if (this.stale.get(id) !== stale.get(id)) this.changed.add(id);
    this.stale = stale;
    if (this.changed.size) this.wake();
  }

  /** clear forgets all states. */
  clear() {
    for (const id of this.states.keys()) this.changed.add(id);
    this.states.clear();
    this.stale = new Map();
    this.atWork.clear();
    this.asking.clear();
    this.working++;
    this.wake();
  }

  /** of returns the state of a node. */
  of(id: string): NodeState | undefined {
    const s = this.states.get(id), stale = this.stale.get(id);
    return s && stale ? { ...s, stale } : s;
  }

  /** running returns the ids of the nodes that are at work. */
  running(): ReadonlySet<string> {
    return this.atWork;
  }

  /** take returns the ids that changed since the last call. */
  take(): Set<string> {
    const out = this.changed;
    if (out.size) this.changed = new Set();
    return out;
  }
}

/** duration writes milliseconds for people: 0 ms, 840 ms, 1.9 s, 2 min 5 s. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  return `${Math.floor(s / 60)} min ${s % 60} s`;
}

/** money writes a cost in dollars with as many digits as it needs. */
export function money(usd: number): string {
  if (usd === 0) return '$0';
  return usd < 0.001 ? '<$0.001' : `$${usd.toFixed(usd < 1 ? 3 : 2)}`;
}

/** footer returns the last line of a card: the error, or time, tokens and cost. */
export function footer(s: NodeState | undefined, kind: string): string {
  if (!s || s.status === 'idle') return kind;
  if (s.status === 'failed') return s.error?.split('\n')[0] || 'Failed without a message';
  if (s.status === 'skipped' || s.status === 'canceled') return s.reason || words[s.status];
  if (s.stale && s.status === 'success') return s.stale;
  if (s.status === 'queued' && s.reason) return s.reason;
  const parts: string[] = [];
  if (s.cached) parts.push(s.reason || 'cached');
  if (typeof s.durationMs === 'number') parts.push(duration(s.durationMs));
  if (s.tokens) parts.push(`${s.tokens.toLocaleString('en')} tokens`);
  if (typeof s.costUsd === 'number') parts.push(money(s.costUsd));
  return parts.join(' · ') || (s.status === 'waiting' ? s.reason || 'Waiting' : kind);
}
