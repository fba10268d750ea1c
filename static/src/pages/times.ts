// Moments are sent in UTC and shown in the reader's own zone.
import { onContent } from './content';

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000], ['month', 2_592_000], ['week', 604_800], ['day', 86_400], ['hour', 3600], ['minute', 60],
];
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** relative writes how far a moment is away: "2 minutes ago", "in 3 months", "just now". */
export function relative(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return ago.format(Math.trunc(seconds / size), unit);
  }
  return 'just now';
}

const formats: Record<string, Intl.DateTimeFormatOptions> = {
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  date: { year: 'numeric', month: 'short', day: 'numeric' },
  full: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
};

/** localise writes every moment under root in the reader's zone. */
export function localise(root: ParentNode, now = Date.now()) {
  for (const el of root.querySelectorAll<HTMLTimeElement>('time[data-local]')) {
    const at = Date.parse(el.dateTime);
    if (Number.isNaN(at)) continue;
    const style = el.dataset.local ?? '';
    const text = style === 'relative' ? relative(at, now) : new Intl.DateTimeFormat(undefined, formats[style] ?? formats.full).format(at);
    if (el.textContent !== text) el.textContent = text;
    el.title = new Date(at).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
  }
}

/** elapsed writes a running time: "8 s", "2 min 5 s". */
export function elapsed(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
}

function tick() {
  for (const el of document.querySelectorAll<HTMLElement>('[data-since]')) {
    el.textContent = elapsed(Date.now() - Date.parse(el.dataset.since ?? ''));
  }
}

/** startTimes localises moments now, after each swap and as time goes by. */
export function startTimes() {
  onContent((root) => {
    localise(root);
    tick();
  });
  document.addEventListener('heddle:content', (e) => localise((e.target as Element | null) ?? document));
  setInterval(() => localise(document), 30_000);
  setInterval(tick, 1000);
}
