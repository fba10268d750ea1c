// What the server sends over the socket: product.md section 5, internal/flow/event.go.

/** The states of a run. */
export type RunStatus = 'queued' | 'running' | 'waiting' | 'success' | 'partial' | 'failed' | 'canceled';

/** The states of a node in a run. */
export type NodeStatus = 'idle' | 'queued' | 'running' | 'waiting' | 'success' | 'failed' | 'skipped' | 'canceled';

/** Tokens and cost; a null cost is not known. */
export interface Usage { tokensIn: number; tokensOut: number; costUsd: number | null }

/** What changes of a run while it works. */
export interface RunState extends Partial<Usage> {
  status: RunStatus;
  error?: string;
  totalNodes?: number;
  successNodes?: number;
  failedNodes?: number;
  skippedNodes?: number;
  cachedNodes?: number;
  startedAt?: string | null;
  completedAt?: string | null;
  duration?: number | null;
}

/** A state of a node. */
export interface NodeEvent {
  nodeId: string;
  /** Of a node that another one called: which items it works on, as in 2.5. */
  iteration?: string;
  status: NodeStatus;
  cached?: boolean;
  attempt?: number;
  error?: string;
  reason?: string;
  /** Port to preview; of a file its whole JSON reference. */
  output?: Record<string, string>;
  meta?: Record<string, string>;
  usage?: Usage;
  queuedAt?: string;
  startedAt?: string;
  duration?: number | null;
}

/** What every frame about a run carries. */
export interface Stamp { runId: string; seq: number; at?: string }

/** The state of a whole run after event seq. */
export interface Snapshot extends Stamp {
  type: 'snapshot';
  run: RunState & { id: string; createdAt?: string; workflowVersion?: number };
  nodes: Record<string, NodeEvent & { streamed?: string; inside?: { done: number; failed: number } }>;
}

/** One event of a run. */
export type RunEvent =
  | (Stamp & RunState & { type: 'run.status' })
  | (Stamp & NodeEvent & { type: 'node.status' })
  | (Stamp & { type: 'node.delta'; nodeId: string; iteration?: string; attempt?: number; text: string })
  | (Stamp & { type: 'log'; nodeId: string | null; level: string; message: string });

/** A frame about a run. */
export type Frame = Snapshot | RunEvent;

/** isFinal reports whether a run or node in this state never changes again. */
export const isFinal = (s: string): boolean => ['success', 'partial', 'failed', 'canceled', 'skipped'].includes(s);
