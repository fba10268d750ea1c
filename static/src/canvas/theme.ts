// Colours for the painted layers: read from the design tokens once per theme change.
import { TYPES } from './graph';
import type { Look } from './status';
import type { PortType } from './spec';

/** The colours the painters use. */
export interface Theme {
  canvas: string;
  surface: string;
  sunken: string;
  border: string;
  text: string;
  muted: string;
  edge: string;
  selected: string;
  danger: string;
  /** Guides while dragging. */
  guide: string;
  font: string;
  /** By the index of TYPES. */
  types: string[];
  status: Record<Look, string>;
}

/** The custom property of each port type's colour; types without one share a neighbour's. */
export const portVar: Record<PortType, string> = {
  any: '--port-any', text: '--port-text', number: '--port-number', boolean: '--port-bool',
  image: '--port-image', file: '--port-video', json: '--port-json', list: '--port-audio',
};

/** readTheme reads the tokens in force at an element. */
export function readTheme(el: Element): Theme {
  const css = getComputedStyle(el);
  const token = (name: string, otherwise: string) => css.getPropertyValue(name).trim() || otherwise;
  const line = (name: string) => token(`--${name}-line`, '#79849a');
  return {
    canvas: token('--bg-canvas', '#eff1f5'),
    surface: token('--bg-surface', '#ffffff'),
    sunken: token('--bg-sunken', '#eef0f4'),
    border: token('--border-strong', '#79849a'),
    text: token('--text', '#131820'),
    muted: token('--text-muted', '#475164'),
    edge: token('--edge', '#76829a'),
    selected: token('--edge-selected', '#3554d1'),
    danger: token('--failed-line', '#d9363e'),
    guide: token('--port-video', '#be185d'),
    font: css.fontFamily || 'system-ui, sans-serif',
    types: TYPES.map((t) => token(portVar[t], '#6b7588')),
    status: {
      idle: token('--border', '#ccd3dd'), queued: line('queued'), running: line('running'), waiting: line('waiting'), success: line('success'),
      failed: line('failed'), skipped: line('skipped'), canceled: line('skipped'), cached: line('cached'), stale: line('queued'),
    },
  };
}

/** onThemeChange calls fn when the theme may have changed, until the returned function is called. */
export function onThemeChange(fn: () => void): () => void {
  const media = ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)'].map((q) => matchMedia(q));
  media.forEach((m) => m.addEventListener('change', fn));
  const watch = new MutationObserver(fn);
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] });
  return () => {
    media.forEach((m) => m.removeEventListener('change', fn));
    watch.disconnect();
  };
}
