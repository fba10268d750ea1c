// Actions on connections: delete steps and join their neighbours, insert into a
// connection, paste with the connections that led in, run what is selected.
import type { Action } from '../actions';
import { picked, type Board } from '../board';
import { bridged } from '../bridge';
import { withInner } from '../clipboard';
import { insertOn, middleOf } from '../insert';
import { stepsOf } from '../tools/drag';

const anyNode = (b: Board) => b.store.selection().nodes.length > 0;
const oneEdge = (b: Board) => b.store.selection().edges.length === 1 && !anyNode(b);

const connections = (n: number) => (n === 1 ? '1 connection' : `${n} connections`);

/** dissolve deletes the selected steps and joins what they connected, as one undo step. */
function dissolve(b: Board) {
  const { graph: g, store } = b, places = withInner(g, picked(b));
  const gone = new Set<string>(store.selection().edges), { edges, lost } = bridged(g, places, (id) => store.has(id));
  for (const i of places) for (const k of g.edgesOf(i)) gone.add(g.edges[k]!.id);
  const nodes = places.map((i) => g.nodes[i]!.id);
  store.apply({ nodes: { remove: nodes }, edges: { remove: [...gone], put: edges } }, 'Delete and reconnect', { select: { nodes: [], edges: [] } });
  b.view.stage.focus({ preventScroll: true });
  const made = edges.length ? `Made ${connections(edges.length)} between the neighbours` : 'There was nothing to reconnect';
  b.say(`Deleted ${stepsOf(nodes.length)}. ${made}${lost ? `; ${lost === 1 ? '1 input is' : `${lost} inputs are`} left open, because the types do not fit` : ''}.`);
}

function insert(b: Board) {
  const id = b.store.selection().edges[0]!, k = b.graph.edgeAt(id);
  if (k >= 0 && b.graph.drawn(k)) b.insertOn(id, middleOf(b.graph, k));
}

/** linkCommands returns the actions on connections. */
export function linkCommands(): Action[] {
  return [
    { id: 'insert', name: 'Insert a step…', label: 'Insert a step into the selected connection', group: 'Edit', keys: ['I'], menu: ['edge'], writes: true, enabled: oneEdge, perform: insert },
    { id: 'dissolve', name: 'Delete and reconnect', label: 'Delete the steps and connect their neighbours', group: 'Edit', keys: ['Mod+Delete', 'Mod+Backspace'], menu: ['node'], writes: true, enabled: anyNode, perform: dissolve },
  ];
}
