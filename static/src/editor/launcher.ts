// The command palette: every action that can be done now, the steps of this graph,
// and the other workflows, in one list.
import { labelOf, type Action, type Canvas, type Spec } from '../canvas/main';
import { Finder, type Row } from '../canvas/finder';
import { ranked } from '../canvas/fuzzy';
import { portVar } from '../canvas/theme';
import type { PortType } from '../canvas/main';
import { call } from './api';
import { report } from './say';

/** What the palette needs of the page. */
export interface LauncherEnv {
  canvas(): Canvas;
  specs: ReadonlyMap<string, Spec>;
  /** The workflow that is open: it is not offered. */
  workflow: string;
  /** go shows a step. */
  go(id: string): void;
  /** leave opens another page once everything is saved. */
  leave(path: string): void;
}

interface Other { id: string; name: string }
interface Section { rows: Row[]; score: number }

const PAUSE = 150, MOST = 8;

const order: Action['group'][] = ['Workflow', 'Edit', 'Step', 'Select', 'View', 'Move'];

/** Launcher opens the palette. */
export class Launcher {
  private readonly finder = new Finder(document.body, () => this.env.canvas().focus(), 'cv-finder--page');
  private others: Other[] = [];
  /** What the others were asked for. */
  private asked = '';
  private timer = 0;
  private asking: AbortController | null = null;

  constructor(private readonly env: LauncherEnv) {}

  /** open shows the palette, or closes it when it is open. */
  open() {
    if (this.finder.close()) return;
    this.others = [];
    this.finder.open({
      label: 'Command palette', placeholder: 'Do something, or go to a step or a workflow', none: 'Nothing matches.', at: null,
      rows: (query) => this.rows(query),
      typed: (query) => this.later(query, PAUSE),
      closed: () => this.stop(),
    });
    this.later('', 0);
  }

  private rows(query: string): Row[] {
    const parts = [this.actions(query), this.steps(query), this.workflows(query)];
    if (query) parts.sort((a, b) => b.score - a.score);
    return parts.flatMap((s) => s.rows);
  }

  private actions(query: string): Section {
    const { actions } = this.env.canvas();
    const can = actions.list.filter((a) => a.id !== 'palette' && a.id !== 'clear' && actions.can(a)).sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
    return section(ranked(can, query, (a) => ({ first: a.name.replace(/…$/, ''), others: [a.label, a.group] })), query ? MOST : can.length, (a: Action, at) => ({
      id: `action-${a.id}`, name: a.name, note: a.label === a.name ? undefined : a.label, keys: a.keys[0], at, group: 'Actions',
      perform: () => void actions.run(a.id),
    }));
  }

  private steps(query: string): Section {
    const nodes = this.env.canvas().store.doc().nodes.filter((n) => typeof n?.id === 'string');
    const kind = (type: string | undefined) => this.env.specs.get(type ?? '');
    return section(ranked(nodes, query, (n) => ({ first: labelOf(n), others: [kind(n.type)?.title ?? '', n.type ?? ''] })), MOST, (n, at) => ({
      id: `step-${n.id}`, name: labelOf(n), note: kind(n.type)?.title ?? n.type, at, group: 'Steps in this workflow',
      icon: { name: kind(n.type)?.icon ?? 'unknown', colour: `var(${portVar[(kind(n.type)?.color || 'any') as PortType] ?? portVar.any})` },
      perform: () => this.env.go(n.id),
    }));
  }

  // The server searches descriptions too; until it has answered, names decide.
  private workflows(query: string): Section {
    const hits = new Map(ranked(this.others, query, (w) => ({ first: w.name })).map((r) => [r.item.id, r]));
    const known = query === this.asked ? this.others : this.others.filter((w) => hits.has(w.id));
    const list = known.map((item) => hits.get(item.id) ?? { item, at: [], score: 0 });
    return section(list, MOST, (w, at) => ({ id: `workflow-${w.id}`, name: w.name, at, group: 'Other workflows', perform: () => this.env.leave(`/workflows/${encodeURIComponent(w.id)}`) }));
  }

  private later(query: string, ms: number) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(query), ms);
  }

  private stop() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  private async ask(query: string) {
    this.asking?.abort();
    const stop = (this.asking = new AbortController());
    try {
      const { workflows } = await call<{ workflows: Other[] }>('GET', `/api/workflows?limit=${MOST + 1}&query=${encodeURIComponent(query.trim().slice(0, 200))}`, { signal: stop.signal });
      if (stop.signal.aborted) return;
      this.asked = query.trim();
      this.others = workflows.filter((w) => w.id !== this.env.workflow);
      this.finder.refresh();
    } catch (err) {
      if (!stop.signal.aborted) report(err, 'The other workflows could not be listed.');
    }
  }
}

function section<T>(found: { item: T; at: number[]; score: number }[], most: number, row: (item: T, at: number[]) => Row): Section {
  return { rows: found.slice(0, most).map((f) => row(f.item, f.at)), score: found[0]?.score ?? -Infinity };
}
