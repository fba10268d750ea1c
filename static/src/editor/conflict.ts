// A newer version is on the server: the user decides, nothing is overwritten silently.
import { same } from '../canvas/diff';
import type { GraphDoc } from '../canvas/main';
import { call } from './api';
import { ask } from './dialog';

/** A workflow as the API answers it. */
export interface Saved { id: string; name: string; version: number; nodes: GraphDoc['nodes']; edges: GraphDoc['edges']; updatedAt?: string; tags?: string[]; description?: string }

/** What the user chose. */
export type Choice = { kind: 'theirs' | 'overwrite'; theirs: Saved } | { kind: 'copy' } | null;

/** load returns the workflow as it is on the server. */
export async function load(id: string): Promise<Saved> {
  const { workflow } = await call<{ workflow: Saved }>('GET', `/api/workflows/${encodeURIComponent(id)}`, { exact: true });
  return workflow;
}

/** difference says in words what mine has that theirs does not, and the other way round. */
export function difference(mine: GraphDoc, theirs: Pick<Saved, 'nodes' | 'edges'>): string {
  const parts = [...count(mine.nodes, theirs.nodes, 'step', 'steps'), ...count(mine.edges, theirs.edges, 'connection', 'connections')];
  return parts.length ? `Compared with yours: ${parts.join(', ')}.` : 'Its steps and connections are the same as yours.';
}

interface Row { id: string }

function count(mine: readonly Row[], theirs: readonly Row[], one: string, many: string): string[] {
  const mineById = new Map(mine.map((r) => [r.id, r])), theirIds = new Set(theirs.map((r) => r.id));
  const added = theirs.filter((r) => !mineById.has(r.id)).length;
  const gone = mine.filter((r) => !theirIds.has(r.id)).length;
  const changed = theirs.filter((r) => mineById.has(r.id) && !same(r, mineById.get(r.id))).length;
  const words = (n: number, what: string) => (n ? [`${n} ${n === 1 ? one : many} ${what}`] : []);
  return [...words(added, 'only there'), ...words(gone, 'only here'), ...words(changed, 'different')];
}

/** decide shows the newer version and asks what to do; overwriting is asked twice. */
export async function decide(id: string, mine: GraphDoc, base: number): Promise<Choice> {
  const theirs = await load(id);
  const when = theirs.updatedAt ? ` It was saved on ${new Date(theirs.updatedAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}.` : '';
  const answer = await ask({
    title: `Version ${theirs.version} is newer than yours`,
    text: [`You work on version ${base}; someone, or another tab, saved “${theirs.name}” as version ${theirs.version} in the meantime.${when}`, difference(mine, theirs)],
    answers: [
      { value: 'theirs', label: 'Load theirs', note: `Opens version ${theirs.version} here. Your unsaved changes are dropped.` },
      { value: 'copy', label: 'Save mine as a copy', note: 'A new workflow with what is on this screen. Both are kept.', main: true },
      { value: 'overwrite', label: 'Overwrite theirs…', note: `Yours becomes version ${theirs.version + 1}. Version ${theirs.version} stays in the history.` },
    ],
    later: 'Decide later',
  });
  if (answer === 'theirs') return { kind: 'theirs', theirs };
  if (answer === 'copy') return { kind: 'copy' };
  if (answer === 'overwrite' && (await sure(theirs))) return { kind: 'overwrite', theirs };
  return null;
}

async function sure(theirs: Saved): Promise<boolean> {
  const answer = await ask({
    title: `Overwrite version ${theirs.version}?`,
    text: ['The workflow will be what is on this screen. Whoever saved the other version will find yours instead.'],
    answers: [{ value: 'yes', label: `Overwrite version ${theirs.version}`, danger: true }],
    later: 'Cancel',
  });
  return answer === 'yes';
}
