// Pinning the outputs of the last run to steps, so that later runs use them.
import { labelOf, withData, type Canvas, type RFNode } from '../canvas/main';
import type { NodeResult } from '../live/reducer';
import { call, explain } from './api';
import { size, valuePath } from './value';

/** A large output is not pinned: the document would carry it with every save. */
const MOST = 256 * 1024;

/** What pinning needs of the page. */
export interface PinsEnv {
  canvas: Canvas;
  /** The result of a step in the shown run, whole; undefined when there is none. */
  result(id: string): Promise<NodeResult | undefined>;
  say(text: string): void;
}

/** A result as a pin keeps it, or why it cannot be kept. */
export type Pin = { outputs: Record<string, unknown> } | { why: string };

const isObject = (v: unknown): v is Record<string, unknown> => !!v && typeof v === 'object' && !Array.isArray(v);

/** pinOf returns the outputs of a result as plain values; load fetches a large one. */
export async function pinOf(r: NodeResult | undefined, load: (hash: string) => Promise<unknown>): Promise<Pin> {
  if (!r) return { why: 'it has not run yet. Run it first' };
  if (r.status !== 'success') return { why: r.status === 'failed' ? 'it failed in the last run' : 'it gave nothing in the last run' };
  const outputs: Record<string, unknown> = {};
  for (const [port, v] of Object.entries(r.output ?? {})) {
    const blob = isObject(v) && typeof v.$blob === 'string' ? v : null;
    if (blob && typeof blob.size === 'number' && blob.size > MOST) return { why: `its output is too large (${size(blob.size)}; at most ${size(MOST)})` };
    outputs[port] = blob ? await load(blob.$blob as string) : v;
  }
  return Object.keys(outputs).length ? { outputs } : { why: 'it gave nothing in the last run' };
}

/** togglePins pins the last outputs of steps, or takes the pins away when all have one. */
export async function togglePins(env: PinsEnv, ids: readonly string[]): Promise<void> {
  const { store } = env.canvas, nodes = ids.map((id) => store.node(id)).filter((n): n is RFNode => !!n);
  const pinned = nodes.filter((n) => isObject(n.data?.pinned));
  if (pinned.length === nodes.length) return unpin(env, nodes);
  const update: Record<string, Partial<RFNode>> = {}, refused: string[] = [];
  for (const n of nodes) {
    if (pinned.includes(n)) continue;
    try {
      const pin = await pinOf(await env.result(n.id), (hash) => call<unknown>('GET', valuePath(hash)));
      const now = store.node(n.id);
      if ('why' in pin) refused.push(`${labelOf(n)} has no output to pin: ${pin.why}.`);
      else if (now) update[n.id] = withData(now, { pinned: pin.outputs });
    } catch (err) {
      refused.push(`${labelOf(n)} could not be pinned: ${explain(err).text}`);
    }
  }
  const count = Object.keys(update).length, names = nodes.filter((n) => update[n.id]).map(labelOf);
  if (count) store.apply({ nodes: { update } }, count === 1 ? 'Pin output' : 'Pin outputs');
  const done = count === 1 ? `The output of ${names[0]} is pinned. Runs use it until P unpins it.` : count ? `The outputs of ${count} steps are pinned.` : '';
  env.say([done, ...refused].filter(Boolean).join(' '));
}

function unpin(env: PinsEnv, nodes: readonly RFNode[]) {
  const update = Object.fromEntries(nodes.map((n) => {
    const { pinned: _, ...data } = n.data ?? {};
    return [n.id, { data }];
  }));
  env.canvas.store.apply({ nodes: { update } }, nodes.length === 1 ? 'Unpin output' : 'Unpin outputs');
  env.say(nodes.length === 1 ? `The output of ${labelOf(nodes[0]!)} is not pinned any more.` : `${nodes.length} outputs are not pinned any more.`);
}
