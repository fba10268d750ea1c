// When each step of a run waited and worked, in percent of the run's span.
import { isFinal } from '../live/frames';
import type { NodeView, RunView } from '../live/reducer';

/** The stretch of time the rows share, in milliseconds since 1970. */
export interface Span { first: number; last: number }

/** One row: queued from waitX, working from x, both with a width; in percent. */
export interface Bar { waitX: number; waitW: number; x: number; w: number }

const LEAST = 0.6;

/** spanOf returns when the run began to work, without its time in the queue, and how far it has come. */
export function spanOf(v: RunView, now: number): Span {
  const start = time(v.head.startedAt) ?? time(v.head.createdAt), times = start === null ? [] : [start];
  for (const n of v.nodes.values()) {
    const t = beginning(n);
    if (t !== null) times.push(t);
  }
  let first = Infinity;
  for (const t of times) first = Math.min(first, t);
  if (first === Infinity) first = now;
  return { first, last: Math.max(v.done ? ending(v, first) : now, first + 1) };
}

function ending(v: RunView, first: number): number {
  let last = time(v.head.completedAt) ?? first;
  for (const n of v.nodes.values()) {
    const start = time(n.startedAt);
    if (start !== null) last = Math.max(last, start + (n.duration ?? 0));
  }
  return last;
}

const time = (s: string | null | undefined): number | null => {
  const t = s ? Date.parse(s) : NaN;
  return Number.isNaN(t) ? null : t;
};

const beginning = (n: NodeView): number | null => time(n.queuedAt) ?? time(n.startedAt);

/** barOf places a step in the span; null when it has not begun and never will. */
export function barOf(n: NodeView, s: Span): Bar | null {
  const queued = time(n.queuedAt), started = time(n.startedAt);
  if (queued === null && started === null) return null;
  const at = (t: number) => ((t - s.first) / (s.last - s.first)) * 100;
  const done = isFinal(n.status);
  if (started === null && done) return null;
  const end = done ? started! + (n.duration ?? 0) : s.last;
  const begin = clamp(at(started ?? s.last), 0, 100 - (started === null ? 0 : LEAST));
  const start = clamp(at(queued ?? started!), 0, begin);
  const waited = begin - start;
  return {
    waitX: start, waitW: waited >= LEAST / 2 ? waited : 0,
    x: begin, w: started === null ? 0 : clamp(at(end), begin + LEAST, 100) - begin,
  };
}

const clamp = (v: number, low: number, high: number): number => Math.min(Math.max(v, low), high);
