// The page's one websocket. It reconnects, asks again for what it follows from the
// last event seen, lets each event through once, and stays open in hidden tabs.
// Frames become events on the document: 'heddle:' + type, with the frame as detail;
// 'heddle:connection' tells whether the socket is up.
import { isFinal, type Frame } from './frames';

/** What to follow: one run from an event on, or every run of a workflow. */
export interface Subscription { runId?: string; workflowId?: string; after?: number }

/** The part of WebSocket that is used. */
export interface SocketLike {
  onopen: (() => void) | null;
  onclose: ((e: { code: number }) => void) | null;
  onmessage: ((e: { data: unknown }) => void) | null;
  send(text: string): void;
  close(): void;
}

/** What the client needs of its surroundings; tests bring their own. */
export interface Surroundings {
  open(): SocketLike;
  emit(type: string, detail: unknown): void;
  later(fn: () => void, ms: number): unknown;
  forget(timer: unknown): void;
  random(): number;
}

/** Detail of 'heddle:connection'. signedOut: the server ended it because the session has ended. */
export interface Connection { up: boolean; attempt: number; signedOut: boolean }

const FIRST = 500;
const LONGEST = 30_000;
// The server takes 20 messages a second; a page with many runs must not be sent away.
const BURST = 10;
const PACE = 125;
const SIGNED_OUT = 4401;

/** delay returns how long to wait before a try: doubling, and spread so that many clients do not come at once. */
export function delay(attempt: number, random: number): number {
  const cap = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10));
  return Math.round(cap / 2 + (cap / 2) * random);
}

interface Run { seq: number; final: boolean; users: number; asked: number }

/** LiveClient owns the socket and the subscriptions. */
export class LiveClient {
  private socket: SocketLike | null = null;
  private up = false;
  private attempt = 0;
  private timer: unknown;
  private readonly queue: string[] = [];
  private sent = 0;
  private pacing: unknown;
  private readonly runs = new Map<string, Run>();
  private readonly workflows = new Map<string, number>();

  constructor(private readonly env: Surroundings) {}

  /** subscribe follows a run or a workflow's runs until the returned function is called. */
  subscribe(s: Subscription): () => void {
    const leave = s.workflowId ? this.followWorkflow(s.workflowId) : this.followRun(s.runId ?? '', s.after ?? 0);
    this.connect();
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  }

  /** retryNow skips the wait before the next try, as when the browser is online again. */
  retryNow() {
    if (this.timer === undefined) return;
    this.env.forget(this.timer);
    this.timer = undefined;
    this.connect();
  }

  private followRun(id: string, after: number): () => void {
    const run = this.runs.get(id) ?? { seq: after, final: false, users: 0, asked: -1 };
    this.runs.set(id, run);
    run.users++;
    if (run.users === 1) this.ask(id, run);
    return () => {
      if (--run.users > 0) return;
      this.runs.delete(id);
      this.send({ type: 'unsubscribe', runId: id });
    };
  }

  private followWorkflow(id: string): () => void {
    const users = (this.workflows.get(id) ?? 0) + 1;
    this.workflows.set(id, users);
    if (users === 1) this.send({ type: 'subscribe', workflowId: id });
    return () => {
      const rest = (this.workflows.get(id) ?? 1) - 1;
      if (rest > 0) return void this.workflows.set(id, rest);
      this.workflows.delete(id);
      this.send({ type: 'unsubscribe', workflowId: id });
    };
  }

  private askAgain(id: string, run: Run) {
    this.send({ type: 'unsubscribe', runId: id });
    this.ask(id, run);
  }

  private ask(id: string, run: Run) {
    run.asked = run.seq;
    this.send({ type: 'subscribe', runId: id, after: run.seq });
  }

  private send(message: unknown) {
    if (!this.up) return;
    this.queue.push(JSON.stringify(message));
    this.drain();
  }

  private drain() {
    while (this.queue.length && this.sent < BURST) {
      this.sent++;
      this.socket?.send(this.queue.shift()!);
    }
    if (this.pacing !== undefined || this.sent === 0) return;
    this.pacing = this.env.later(() => {
      this.pacing = undefined;
      this.sent--;
      this.drain();
    }, PACE);
  }

  private connect() {
    if (this.socket || this.timer !== undefined) return;
    const socket = this.env.open();
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onclose = (e) => this.closed(socket, e.code);
    socket.onmessage = (e) => this.receive(e.data);
  }

  private opened() {
    this.up = true;
    this.attempt = 0;
    for (const id of this.workflows.keys()) this.send({ type: 'subscribe', workflowId: id });
    for (const [id, run] of this.runs) if (!run.final) this.ask(id, run);
    this.tell();
  }

  private closed(socket: SocketLike, code: number) {
    if (this.socket !== socket) return;
    this.socket = null;
    this.up = false;
    this.queue.length = 0;
    const wait = delay(this.attempt++, this.env.random());
    this.timer = this.env.later(() => {
      this.timer = undefined;
      this.connect();
    }, wait);
    this.tell(code === SIGNED_OUT);
  }

  private tell(signedOut = false) {
    this.env.emit('connection', { up: this.up, attempt: this.attempt, signedOut } satisfies Connection);
  }

  private receive(data: unknown) {
    if (typeof data !== 'string') return;
    let message: unknown;
    try {
      message = JSON.parse(data);
    } catch {
      return; // a newer server may speak differently; what is no JSON is not for us
    }
    for (const f of Array.isArray(message) ? message : [message]) this.frame(f as Partial<Frame> & { type?: unknown });
  }

  private frame(f: Partial<Frame> & { type?: unknown }) {
    if (!f || typeof f !== 'object' || typeof f.type !== 'string') return;
    if (typeof f.runId !== 'string' || typeof f.seq !== 'number') return this.env.emit(f.type, f);
    if (this.isNew(f as Frame)) this.env.emit(f.type, f);
  }

  // A snapshot stands for everything up to its seq, and begins a run that nothing is
  // known of. Of a known run every event is wanted: after a reconnect it was asked for
  // from the last one seen, so the snapshot that its workflow brings is no news. An
  // event must follow the one before.
  private isNew(f: Frame): boolean {
    const run = this.runs.get(f.runId) ?? this.found(f.runId);
    if (!run || f.seq <= run.seq || (f.type === 'snapshot' && run.seq > 0)) return false;
    if (f.type !== 'snapshot' && f.seq !== run.seq + 1) {
      if (run.asked !== run.seq) this.askAgain(f.runId, run);
      return false;
    }
    run.seq = f.seq;
    const status = f.type === 'snapshot' ? f.run.status : f.type === 'run.status' ? f.status : '';
    if (isFinal(status)) run.final = true;
    return true;
  }

  // A workflow's subscription brings runs that nobody asked for by name. They are
  // kept, so that after a reconnect they go on even if they have ended meanwhile.
  private found(id: string): Run | undefined {
    if (!this.workflows.size) return undefined;
    const run = { seq: 0, final: false, users: 0, asked: -1 };
    this.runs.set(id, run);
    return run;
  }
}

let client: LiveClient | undefined;

function live(): LiveClient {
  if (client) return client;
  const made = new LiveClient({
    open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`) as unknown as SocketLike,
    emit: (type, detail) => document.dispatchEvent(new CustomEvent(`heddle:${type}`, { detail })),
    later: (fn, ms) => setTimeout(fn, ms),
    forget: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    random: Math.random,
  });
  addEventListener('online', () => made.retryNow());
  document.addEventListener('visibilitychange', () => { if (!document.hidden) made.retryNow(); });
  client = made;
  return made;
}

/** subscribe follows a run or a workflow's runs over the page's socket until the returned function is called. */
export function subscribe(s: Subscription): () => void {
  return live().subscribe(s);
}
