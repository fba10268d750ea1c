// The settings of a step as they were when it ran, to read.
import { labelOf, type RFNode } from '../canvas/document';
import { make } from '../canvas/dom';
import type { Spec } from '../canvas/main';
import { show } from './value';

// What the canvas keeps in a step's data beside its settings.
const drawn = new Set(['label', 'color', 'collapsed', 'pinned']);

/** settingsIn returns the settings of a step by the names that its form uses: those of its kind first, then what else is there. */
export function settingsIn(node: RFNode, spec: Spec | undefined): [name: string, value: unknown][] {
  const data: Record<string, unknown> = { ...node.data };
  const known = (spec?.fields ?? []).filter((f) => data[f.key] !== undefined && data[f.key] !== '').map((f): [string, unknown] => [f.label || f.key, data[f.key]]);
  const keys = new Set((spec?.fields ?? []).map((f) => f.key));
  const rest = Object.entries(data).filter(([k, v]) => !keys.has(k) && !drawn.has(k) && v !== undefined);
  return [...known, ...rest];
}

/** settingsOf returns an element that shows the settings of a step; of none, what to do. */
export function settingsOf(node: RFNode | undefined, spec: Spec | undefined): HTMLElement {
  if (!node) return make('p', 'insp__none muted small', {}, 'Select a step to see its settings as they were.');
  const list = settingsIn(node, spec);
  const head = make('p', 'ed-results__head', {}, make('strong', '', {}, labelOf(node)), make('span', 'muted small', {}, spec?.title ?? node.type ?? ''));
  const box = make('div', 'ed-results', {}, head, ...list.map(([name, value]) => make('section', 'ed-port', {}, make('h3', 'label', {}, name), show(value))));
  if (!list.length) box.append(make('p', 'muted small', {}, 'It had no settings of its own.'));
  return box;
}
