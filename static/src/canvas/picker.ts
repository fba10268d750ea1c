// The step picker: a searchable list of kinds. What is chosen is added where the
// picker was opened and connected where the types fit.
import { addStep, hook, partner } from './add';
import type { Board } from './board';
import type { End } from './connect';
import { labelOf, type Point } from './document';
import type { Finder, Row } from './finder';
import { ranked } from './fuzzy';
import { recent } from './recent';
import type { PortType, Spec } from './spec';
import { portVar } from './theme';

/** Where a picker was opened: a point of the view, and the end of a loose connection. */
export interface Opening { at: Point | null; end: End | null }

/** openPicker shows the kinds, with a loose end only those that fit it. */
export function openPicker(b: Board, finder: Finder, o: Opening) {
  const at = o.at && b.view.cam.toDoc(o.at);
  const end = o.end, port = end && b.graph.ports(end.node, end.side)[end.port];
  const kinds = end ? b.specs.filter((s) => partner(b.graph, end, s) >= 0) : b.specs;
  const wired = end || o.at ? null : target(b);
  finder.open({
    label: port ? `Add a step ${end.side === 'out' ? 'that takes' : 'that gives'} ${port.type}` : 'Add a step',
    placeholder: port ? `Steps ${end.side === 'out' ? 'for' : 'that give'} ${port.label || port.name} (${port.type})` : 'Search steps',
    rows: (query) => rowsOf(b, kinds, query, (kind) => void addStep(b, kind, { at, end: end ?? (wired ? hook(b, kind) : null) }), wired ? (s) => joins(b, s, wired) : () => ''),
    none: port && !kinds.length ? `No step ${end.side === 'out' ? 'takes' : 'gives'} ${port.type}.` : 'No step matches.',
    foot: end ? `Connects to ${labelOf(b.graph.nodes[end.node]!)}` : undefined,
    at: o.at ? { x: o.at.x + 8, y: o.at.y + 16 } : beside(b),
    closed: () => { if (end) b.view.wire(null); },
  });
}

const target = (b: Board): string | null => {
  const { nodes } = b.store.selection();
  return nodes.length === 1 && !b.graph.frame[b.graph.at(nodes[0]!)] ? nodes[0]! : null;
};

function joins(b: Board, s: Spec, id: string): string {
  const end = hook(b, s.type);
  return end ? `${end.side === 'out' ? 'after' : 'before'} ${labelOf(b.graph.nodes[b.graph.at(id)]!)}` : '';
}

// The keyboard opens it beside the selected step, else in the upper middle.
function beside(b: Board): Point | null {
  const id = target(b), i = id === null ? -1 : b.graph.at(id), { cam } = b.view;
  if (i < 0) return null;
  const box = b.graph.box(i), p = cam.toView({ x: box.x1, y: box.y0 });
  return p.x < 0 || p.y < 0 || p.x > cam.width || p.y > cam.height ? null : { x: p.x + 24, y: p.y };
}

function rowsOf(b: Board, kinds: readonly Spec[], query: string, add: (kind: string) => void, note: (s: Spec) => string): Row[] {
  const last = recent();
  const row = (s: Spec, at: number[], group?: string): Row => ({
    id: s.type, name: s.title, at, group, note: note(s) || s.summary,
    icon: { name: s.icon, colour: `var(${portVar[(s.color || 'any') as PortType] ?? portVar.any})` },
    perform: () => add(s.type),
  });
  if (query) return ranked(kinds, query, (s) => ({ first: s.title, others: [s.type, s.category, s.summary] }), (s) => (last.includes(s.type) ? 0.5 : 0)).map((r) => row(r.item, r.at));
  const latest = last.flatMap((k) => kinds.filter((s) => s.type === k));
  const groups = [...new Set(kinds.map((s) => s.category))];
  return [...latest.map((s) => row(s, [], 'Recent')), ...groups.flatMap((g) => kinds.filter((s) => s.category === g && !latest.includes(s)).map((s) => row(s, [], g)))];
}
