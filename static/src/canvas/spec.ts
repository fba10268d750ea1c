// What the server says about node kinds, and the rules of ports and templates.
// Mirrors internal/node/spec.go, internal/node/template.go and Type.Accepts of internal/flow/value.go.

/** What a port carries. */
export type PortType = 'text' | 'number' | 'boolean' | 'image' | 'file' | 'json' | 'list' | 'any';

/** One end a kind offers to edges. */
export interface Port {
  name: string;
  label: string;
  type: PortType;
  required?: boolean;
  multiple?: boolean;
  dynamic?: boolean;
  help?: string;
  /** Not offered by the kind: an edge of the document names it, so it is shown and survives. */
  guessed?: boolean;
}

/** One parameter of a kind, as the inspector shows it. */
export interface Field {
  key: string;
  label: string;
  help?: string;
  widget: string;
  required?: boolean;
  template?: boolean;
  default?: unknown;
  placeholder?: string;
  options?: { value: string; label: string }[];
  min?: number;
  max?: number;
  step?: number;
}

/** A node kind. */
export interface Spec {
  type: string;
  version: number;
  title: string;
  summary: string;
  docs: string;
  category: string;
  icon: string;
  color: string;
  purity: string;
  inputs: Port[] | null;
  outputs: Port[] | null;
  fields: Field[] | null;
  input?: string;
  stream?: string;
  preview?: string;
}

// What Go's strings.TrimSpace trims; JavaScript's trim differs in two characters.
const space = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const rims = new RegExp(`^${space}+|${space}+$`, 'g');
const plainName = /^[-_.0-9A-Za-z\u0080-\u{10ffff}]+$/u;
const utf8 = new TextEncoder();

/** names returns the distinct names of the {{name}} marks in text, in order of appearance. */
export function names(text: string): string[] {
  const found = new Set<string>();
  for (let at = 0; ;) {
    const open = text.indexOf('{{', at);
    const end = open < 0 ? -1 : text.indexOf('}}', open + 2);
    if (end < 0) return [...found];
    const name = text.slice(open + 2, end).replace(rims, '');
    if (isName(name)) {
      found.add(name);
      at = end + 2;
    } else {
      at = open + 1;
    }
  }
}

function isName(name: string): boolean {
  return name.length > 0 && name.length <= 64 && plainName.test(name) && utf8.encode(name).length <= 64;
}

function fieldText(f: Field, data: Record<string, unknown>): string {
  if (!(f.key in data)) return typeof f.default === 'string' ? f.default : '';
  const value = data[f.key];
  return typeof value === 'string' ? value : JSON.stringify(value) ?? '';
}

/** inputsFor returns the input ports of a node with the given data: the kind's own, then one per {{name}}. */
export function inputsFor(spec: Spec, data: unknown): Port[] {
  const own = spec.inputs ?? [];
  const templates = (spec.fields ?? []).filter((f) => f.template);
  if (!templates.length || data === undefined || (data !== null && (typeof data !== 'object' || Array.isArray(data)))) return own;
  const ports = [...own];
  for (const f of templates) {
    for (const name of names(fieldText(f, (data ?? {}) as Record<string, unknown>))) {
      if (!ports.some((p) => p.name === name)) ports.push({ name, label: name, type: 'text', required: true, dynamic: true });
    }
  }
  return ports.length === own.length ? own : ports;
}

const errorPort: Port = { name: 'error', label: 'error', type: 'text', help: 'The error text, when the step fails' };

/** outputsFor returns the output ports of a node; with onError "port" there is one more for the error. */
export function outputsFor(spec: Spec, data: unknown): Port[] {
  const own = spec.outputs ?? [];
  const onError = data && typeof data === 'object' ? (data as Record<string, unknown>).onError : undefined;
  return onError === 'port' && !own.some((p) => p.name === 'error') ? [...own, errorPort] : own;
}

const converts: Partial<Record<PortType, readonly PortType[]>> = {
  text: ['number', 'boolean', 'json', 'list'],
  file: ['image'],
};

/** accepts reports whether a port of type to can take values of type from without losing anything. */
export function accepts(to: PortType, from: PortType): boolean {
  if (to === from || to === 'any' || from === 'any' || to === 'json' || to === 'list') return true;
  return converts[to]?.includes(from) ?? false;
}

/** defaults returns the data of a new node of this kind. */
export function defaults(spec: Spec, label: string): Record<string, unknown> {
  const data: Record<string, unknown> = { label };
  for (const f of spec.fields ?? []) if (f.default !== undefined && f.default !== null) data[f.key] = f.default;
  return data;
}
