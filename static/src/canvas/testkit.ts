// What the tests share: kinds like the server's, and small documents.
import type { GraphDoc, RFNode } from './document';
import { Graph } from './graph';
import type { Port, PortType, Spec } from './spec';

const port = (name: string, type: PortType, more: Partial<Port> = {}): Port => ({ name, label: name, type, ...more });

function kind(type: string, inputs: Port[], outputs: Port[], more: Partial<Spec> = {}): Spec {
  return { type, version: 1, title: type, summary: '', docs: '', category: 'Test', icon: 'text', color: 'text', purity: 'pure', inputs, outputs, fields: [], ...more };
}

export const specs: Spec[] = [
  kind('text', [], [port('text', 'text')], { title: 'Text', fields: [{ key: 'text', label: 'Text', widget: 'textarea', template: true }], preview: 'text' }),
  kind('image', [], [port('image', 'image')], { preview: 'image' }),
  kind('llm', [port('prompt', 'text'), port('system', 'text'), port('images', 'image', { multiple: true })], [port('text', 'text'), port('json', 'json')], { fields: [{ key: 'prompt', label: 'Prompt', widget: 'textarea', template: true, default: 'Hello' }] }),
  kind('debug', [port('in', 'any')], [port('out', 'any')]),
];

export const node = (id: string, type: string, x = 0, y = 0, more: Record<string, unknown> = {}): RFNode => ({ id, type, position: { x, y }, data: { label: id }, ...more });

export const edge = (id: string, source: string, target: string, sourceHandle: string | null = null, targetHandle: string | null = null) => ({ id, source, target, sourceHandle, targetHandle });

export const graphOf = (doc: GraphDoc): Graph => new Graph(doc, specs);
