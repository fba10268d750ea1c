// Calls to the server's JSON API: answers as data, failures as one kind of error.
import { decode, encode } from './json';

/** One complaint about one place, as in a graph that cannot run. */
export interface Problem { path: string; message: string; nodeId?: string; edgeId?: string; code?: string }

interface ErrorFacts {
  status: number;
  message: string;
  code?: string;
  hint?: string;
  requestId?: string;
  retryAfter?: number;
  version?: number;
  savedBy?: string;
  savedAt?: string;
  problems?: Problem[];
}

/** ApiError is a failed call. Its message is a sentence for people. */
export class ApiError extends Error {
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Stable word of the failure, as in "conflict". */
  readonly code: string;
  /** The next step, or empty. */
  readonly hint: string;
  readonly requestId: string;
  /** Milliseconds to wait before the next try, as the server asked; 0 when it did not. */
  readonly retryAfter: number;
  /** The current version, for a stale write. */
  readonly version: number | undefined;
  /** Who saved the current version and when (RFC 3339), for a stale write; empty when it is not known. */
  readonly savedBy: string;
  readonly savedAt: string;
  readonly problems: Problem[];

  constructor(f: ErrorFacts) {
    super(f.message);
    this.name = 'ApiError';
    this.status = f.status;
    this.code = f.code ?? '';
    this.hint = f.hint ?? '';
    this.requestId = f.requestId ?? '';
    this.retryAfter = f.retryAfter ?? 0;
    this.version = f.version;
    this.savedBy = f.savedBy ?? '';
    this.savedAt = f.savedAt ?? '';
    this.problems = f.problems ?? [];
  }

  /** offline: no answer came, or only one of a proxy in between. */
  get offline(): boolean {
    return this.status === 0 || [502, 503, 504].includes(this.status);
  }

  /** temporary: the same call may work later. */
  get temporary(): boolean {
    return this.offline || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** What a call may bring along. */
export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Milliseconds until the call is given up; 30,000 without. */
  timeout?: number;
  /** Keep numbers exactly as they are written, for documents. */
  exact?: boolean;
  fetch?: typeof fetch;
}

/** call asks the server and returns its answer; every failure is an ApiError, but an abort by the caller stays an AbortError. */
export async function call<T>(method: string, path: string, o: CallOptions = {}): Promise<T> {
  const res = await request(method, path, { ...o, headers: { Accept: 'application/json', ...o.headers } });
  const text = await textOf(res);
  const body = parse(text, o.exact);
  if (!res.ok) throw failure(res, body);
  if (body === undefined) throw new ApiError({ status: res.status, message: 'The answer of the server could not be read.', requestId: res.headers.get('X-Request-Id') ?? '' });
  return body as T;
}

/** fragment asks for a piece of a page. */
export async function fragment(method: string, path: string, o: CallOptions = {}): Promise<string> {
  const res = await request(method, path, { ...o, headers: { Accept: 'text/html', 'HX-Request': 'true', 'HX-Request-Type': 'partial', ...o.headers } });
  const text = await textOf(res);
  if (!res.ok) throw failure(res, parse(text));
  return text;
}

async function request(method: string, path: string, o: CallOptions): Promise<Response> {
  const stop = new AbortController();
  const abort = () => stop.abort(o.signal?.reason);
  if (o.signal?.aborted) abort();
  o.signal?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => stop.abort(), o.timeout ?? 30_000);
  const headers = o.body === undefined ? o.headers : { 'Content-Type': 'application/json', ...o.headers };
  try {
    return await (o.fetch ?? fetch)(path, { method, headers, body: o.body === undefined ? undefined : encode(o.body), signal: stop.signal, credentials: 'same-origin', redirect: 'error' });
  } catch (err) {
    if (o.signal?.aborted) throw err;
    throw unreachable(err);
  } finally {
    clearTimeout(timer);
    o.signal?.removeEventListener('abort', abort);
  }
}

function unreachable(cause: unknown): ApiError {
  const late = cause instanceof DOMException && cause.name === 'AbortError';
  return new ApiError({ status: 0, code: 'unreachable', message: late ? 'The server took too long to answer.' : 'The server cannot be reached.', hint: 'Check the connection.' });
}

async function textOf(res: Response): Promise<string> {
  try {
    return await res.text();
  } catch (err) {
    throw unreachable(err);
  }
}

function parse(text: string, exact = false): unknown {
  try {
    return exact ? decode(text) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const said: Record<number, string> = {
  401: 'You are signed out.',
  403: 'You may not do that.',
  404: 'It does not exist any more.',
  409: 'It was changed elsewhere in the meantime.',
  413: 'It is too large.',
  429: 'That was too often.',
};

/** failure returns the error of an answer; body is its JSON envelope, or undefined. */
export function failure(res: Pick<Response, 'status' | 'headers'>, body: unknown, now = Date.now()): ApiError {
  const b = (body && typeof body === 'object' ? body : {}) as Record<string, unknown>;
  const text = (v: unknown) => (typeof v === 'string' ? v : '');
  const version = [b.version, b.currentVersion].find((v) => typeof v === 'number') as number | undefined;
  return new ApiError({
    status: res.status,
    message: text(b.error) || said[res.status] || (res.status >= 500 ? 'Something went wrong on our side.' : 'The server refused this.'),
    code: text(b.code),
    hint: text(b.hint) || (res.status === 401 ? 'Sign in again in another tab, then try again.' : ''),
    requestId: text(b.requestId) || (res.headers.get('X-Request-Id') ?? ''),
    retryAfter: wait(res.headers.get('Retry-After'), now),
    version,
    savedBy: text(b.savedBy),
    savedAt: text(b.savedAt),
    problems: Array.isArray(b.errors) ? (b.errors as unknown[]).flatMap(problem) : [],
  });
}

function problem(p: unknown): Problem[] {
  const { path, message, nodeId, edgeId, code } = (p ?? {}) as Record<string, unknown>;
  if (typeof message !== 'string') return [];
  const word = (v: unknown) => (typeof v === 'string' && v ? v : undefined);
  return [{ path: word(path) ?? '', message, nodeId: word(nodeId), edgeId: word(edgeId), code: word(code) }];
}

// Retry-After is a number of seconds or a date.
function wait(header: string | null, now: number): number {
  if (!header) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

/** explain returns a failure in words: the sentence, the next step and the request's id. */
export function explain(err: unknown): { text: string; requestId?: string } {
  if (!(err instanceof ApiError)) return { text: err instanceof Error ? err.message : String(err) };
  return { text: err.hint ? `${err.message} ${err.hint}` : err.message, requestId: err.requestId || undefined };
}
