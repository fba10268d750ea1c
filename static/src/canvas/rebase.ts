// The history after changes from elsewhere: undo takes back what was done here and nothing else.
import { combine } from './combine';
import type { Change, Changes } from './diff';
import type { RFEdge } from './document';

/** rebased returns the function that puts the changes of an undo step onto records as they are
 * after foreign changes. What was done to records that are gone is left out. */
export function rebased(foreign: Changes): (c: Changes) => Changes {
  const nodes = new Map(foreign.nodes.map((c) => [c.id, c])), edges = new Map(foreign.edges.map((c) => [c.id, c]));
  const gone = (id: string) => nodes.get(id)?.after === null;
  const hangs = (e: RFEdge | null) => !!e && (gone(e.source) || gone(e.target));
  return (c) => ({
    nodes: c.nodes.flatMap((x) => onto(x, nodes.get(x.id))),
    edges: c.edges.flatMap((x) => onto(x, edges.get(x.id))).filter((x) => !hangs(x.before) && !hangs(x.after)),
  });
}

function onto<T>(c: Change<T>, foreign: Change<T> | undefined): Change<T>[] {
  if (!foreign) return [c];
  if (!foreign.after) return [];
  if (!foreign.before) return [c];
  const lift = (record: T | null) => record && (combine(foreign.before, record, foreign.after) as T);
  return [{ ...c, before: lift(c.before), after: lift(c.after) }];
}
