// What the server says about node kinds, and the rules of ports and templates.
// Mirrors internal/node/port.go, internal/node/template.go and Type.Accepts of internal/flow/value.go.

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
  /** Each name that the field lists is a port on this side. */
  ports?: 'in' | 'out';
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

const isObject = (data: unknown) => data === null || (typeof data === 'object' && !Array.isArray(data));

/** The most names in one field that are ports, and the most bytes of one. */
const MAX_NAMES = 64, MAX_NAME = 64;

/** listed returns the distinct names that a field lists: the items of a list, or of a text with a name a line or between commas. */
export function listed(f: Field, data: Record<string, unknown>): string[] {
  const value = data[f.key] ?? f.default;
  const items: unknown[] = typeof value === 'string' ? value.split(/[,\n]/) : Array.isArray(value) ? value : [];
  const all = items.filter((x) => typeof x === 'string').map((x) => x.replace(rims, '')).filter((x) => x && utf8.encode(x).length <= MAX_NAME);
  return [...new Set(all)].slice(0, MAX_NAMES);
}

/** inputsFor returns the input ports of a node with the given data: the kind's own, then one per {{name}} and per listed name. */
export function inputsFor(spec: Spec, data: unknown): Port[] {
  const own = spec.inputs ?? [], fields = spec.fields ?? [];
  if (!fields.some((f) => f.template || f.ports === 'in') || (data !== undefined && !isObject(data))) return own;
  const ports = [...own], params = (data ?? {}) as Record<string, unknown>;
  const add = (name: string, type: PortType) => ports.some((p) => p.name === name) || ports.push({ name, label: name, type, required: true, dynamic: true });
  for (const f of fields) {
    if (f.template) for (const name of names(fieldText(f, params))) add(name, 'text');
    if (f.ports === 'in') for (const name of listed(f, params)) if (!fields.some((x) => x.key === name)) add(name, 'any');
  }
  return ports.length === own.length ? own : ports;
}

/** listedOutputs returns one output port per name that a field lists. */
function listedOutputs(spec: Spec, data: unknown): Port[] {
  const fields = (spec.fields ?? []).filter((f) => f.ports === 'out');
  if (!fields.length || (data !== undefined && !isObject(data))) return [];
  const all = new Set(fields.flatMap((f) => listed(f, (data ?? {}) as Record<string, unknown>)));
  return [...all].filter((name) => !(spec.outputs ?? []).some((p) => p.name === name)).map((name) => ({ name, label: name, type: 'any', dynamic: true }));
}

const errorPort: Port = { name: 'error', label: 'error', type: 'text', help: 'The error text, when the step fails' };

/** outputsFor returns the output ports of a node: one per listed name, the kind's own, and with onError "port" one for the error. */
export function outputsFor(spec: Spec, data: unknown): Port[] {
  const more = listedOutputs(spec, data);
  const own = more.length ? [...more, ...(spec.outputs ?? [])] : spec.outputs ?? [];
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
