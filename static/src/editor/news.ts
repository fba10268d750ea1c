// What came from elsewhere, in words.
import type { Merged, News } from './merge';

const counted = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

/** newsOf says in words what came from elsewhere; empty when nothing did. */
export function newsOf(m: Pick<Merged, 'steps' | 'connections'>): string {
  const part = (n: News, one: string, many: string) => (['added', 'changed', 'removed'] as const).filter((k) => n[k]).map((k) => `${counted(n[k], one, many)} ${k}`);
  return [...part(m.steps, 'step', 'steps'), ...part(m.connections, 'connection', 'connections')].join(', ');
}

/** ago says how long ago a time was, in the largest unit that fits. */
export function ago(at: string, now: number): string {
  const seconds = (now - Date.parse(at)) / 1000;
  if (!Number.isFinite(seconds)) return '';
  const units = [[86_400, 'day'], [3600, 'hour'], [60, 'minute']] as const;
  const unit = units.find(([s]) => seconds >= s);
  return unit ? `${counted(Math.floor(seconds / unit[0]), unit[1], `${unit[1]}s`)} ago` : 'just now';
}
