// From a run's node to what its card on the canvas shows.
import type { NodeState, Spec } from '../canvas/main';
import type { NodeView } from '../live/reducer';
import { pictures } from './value';

/** stateOf returns what a card shows of a node in a run. */
export function stateOf(n: NodeView, spec: Spec | undefined): NodeState {
  const s: NodeState = { status: n.status };
  if (n.cached) s.cached = true;
  if (typeof n.duration === 'number') s.durationMs = n.duration;
  if (n.error) s.error = n.error;
  if (n.reason) s.reason = n.reason;
  if (n.status === 'waiting' && n.meta?.question) s.question = n.meta.question;
  if (n.usage && n.usage.tokensIn + n.usage.tokensOut > 0) {
    s.tokens = n.usage.tokensIn + n.usage.tokensOut;
    s.costUsd = n.usage.costUsd;
  }
  if (n.streamed && n.status === 'running') s.streamed = n.streamed;
  else if (n.inside && n.status === 'running') s.streamed = insideWords(n.inside);
  if (n.output) s.outputs = n.output;
  return { ...s, ...output(n.output, spec) };
}

/** insideWords says how far a step is that calls a workflow. */
export function insideWords(i: { done: number; failed: number }): string {
  const done = `${i.done.toLocaleString('en-US')} ${i.done === 1 ? 'step' : 'steps'} inside done`;
  return i.failed ? `${done}, ${i.failed.toLocaleString('en-US')} failed` : done;
}

// The port that the kind names for its card comes first; pictures are shown as pictures.
function output(ports: Record<string, string> | undefined, spec: Spec | undefined): Pick<NodeState, 'preview' | 'images'> {
  if (!ports) return {};
  const order = [spec?.preview, ...(spec?.outputs ?? []).map((p) => p.name), ...Object.keys(ports)];
  const texts = [...new Set(order)].flatMap((name) => (name !== undefined && ports[name] !== undefined ? [ports[name]!] : []));
  const images = texts.flatMap(pictures);
  if (images.length) return { images };
  const text = texts.find((t) => t !== '');
  return text === undefined ? {} : { preview: text };
}
