// States as icon and word, drawn as the server's pages draw them (views/ui).
import { make } from '../canvas/dom';

interface Look { word: string; d: string; width?: number; dash?: string; fill?: boolean; spin?: boolean }

const looks: Record<string, Look> = {
  idle: { word: 'Idle', d: 'M13 8a5 5 0 1 1-10 0 5 5 0 0 1 10 0z', width: 1.6 },
  queued: { word: 'Queued', d: 'M13.5 8a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0z', width: 2, dash: '2.6 2.6' },
  running: { word: 'Running', d: 'M8 2a6 6 0 1 1-6 6', width: 2.2, spin: true },
  waiting: { word: 'Waiting', d: 'M5 3.5v9M11 3.5v9', width: 2.4 },
  success: { word: 'Success', d: 'm3 8.5 3.2 3.2L13 5', width: 2.4 },
  partial: { word: 'Partial', d: 'M8 2.5v6.5M8 13v.2', width: 2.4 },
  failed: { word: 'Failed', d: 'm4 4 8 8m0-8-8 8', width: 2.4 },
  skipped: { word: 'Skipped', d: 'M3 4v8l6-4zM12 4v8', width: 1.8, fill: true },
  canceled: { word: 'Canceled', d: 'M4 5a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z', fill: true },
  cached: { word: 'Cached', d: 'M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z', width: 0, fill: true },
};

const SVG = 'http://www.w3.org/2000/svg';

/** lookName returns the name under which a state is shown: cached for a reused success. */
export const lookName = (status: string, cached?: boolean): string => (status === 'success' && cached ? 'cached' : status);

/** wordOf returns the word for a state. */
export const wordOf = (name: string): string => looks[name]?.word ?? name;

/** Pill shows a state and can be changed; nothing is touched while the state stays. */
export class Pill {
  readonly el = make('span', 'pill');
  private name = '';

  /** show shows a state by its name. */
  show(name: string) {
    if (name === this.name) return;
    this.name = name;
    this.el.dataset.status = looks[name] ? name : 'idle';
    this.el.replaceChildren(drawing(looks[name] ?? looks.idle!), wordOf(name));
  }
}

/** svg makes an SVG element with attributes. */
export function svg<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Record<string, string>): SVGElementTagNameMap[K] {
  const el = document.createElementNS(SVG, tag) as SVGElementTagNameMap[K];
  for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
  return el;
}

function drawing(l: Look): SVGSVGElement {
  const el = svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'stroke-width': String(l.width ?? 2) });
  const path = svg('path', { d: l.d });
  if (l.spin) path.setAttribute('class', 'spin');
  if (l.dash) path.setAttribute('stroke-dasharray', l.dash);
  if (l.fill) path.setAttribute('fill', 'currentColor');
  if (l.width === 0) path.setAttribute('stroke', 'none');
  el.append(path);
  return el;
}
