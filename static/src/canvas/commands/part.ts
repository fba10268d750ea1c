// Running the graph, or a part of it. The editor runs; the canvas only says what is asked.
import type { Action } from '../actions';
import { idsOf, type Board } from '../board';
import { withInner } from '../clipboard';

const asks = (mode: 'all' | 'only' | 'upTo' | 'from') => (b: Board) =>
  void b.view.stage.dispatchEvent(new CustomEvent('heddle:part', { bubbles: true, detail: { mode, nodes: b.store.selection().nodes } }));

/** stepsIn returns the steps among nodes: a frame stands for the steps in it, and notes do not run. */
export function stepsIn(b: Board, ids: readonly string[]): string[] {
  const g = b.graph;
  return idsOf(g, withInner(g, ids.map((id) => g.at(id))).filter((i) => !g.frame[i] && !g.note[i]));
}

/** partCommands returns the actions that run the graph or a part of it. */
export function partCommands(): Action[] {
  const enabled = (b: Board) => b.store.selection().nodes.length > 0 && !b.readOnly;
  return [
    { id: 'run', name: 'Run the workflow', label: 'Run the whole workflow', group: 'Step', keys: ['Mod+Enter'], menu: ['canvas'], enabled: (b) => b.graph.nodes.length > 0 && !b.readOnly, perform: asks('all') },
    { id: 'run-only', name: 'Run this step', label: 'Run the selected steps alone, with earlier results before them', group: 'Step', keys: ['Mod+Shift+Enter'], menu: ['node'], enabled, perform: asks('only') },
    { id: 'run-from', name: 'Run from here', label: 'Run the selected steps and everything after them', group: 'Step', keys: ['Mod+Alt+Enter'], menu: ['node'], enabled, perform: asks('from') },
    { id: 'run-to', name: 'Run to here', label: 'Run everything before the selected steps, and them', group: 'Step', keys: [], menu: ['node'], enabled, perform: asks('upTo') },
  ];
}
