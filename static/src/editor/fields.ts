// What a field of the inspector means in the document: text on the screen to a
// value and back, and what is wrong with it. No elements here.
import type { Field } from '../canvas/main';

/** What is typed, and where. */
export interface Input {
  widget: string;
  text: string;
  /** The browser could not read it, as letters in a number field. */
  unreadable?: boolean;
  required?: boolean;
  min?: string;
  max?: string;
}

/** The value for the document: undefined removes the member; keep leaves what is there. */
export type Reading = { value: unknown; problem: string; keep?: false } | { keep: true; problem: string };

// These say nothing when they are empty: the kind's own default then counts.
const optional = new Set(['number', 'json', 'schema', 'secret', 'value', 'select', 'provider', 'model', 'image']);

/** read turns what is typed into a value. Half-written JSON is kept as text, so that nothing typed is lost. */
export function read(i: Input): Reading {
  if (i.widget === 'switch') return { value: i.text === 'true', problem: '' };
  if (i.unreadable) return { keep: true, problem: 'Enter a number.' };
  if (i.text.trim() === '') {
    const value = optional.has(i.widget) ? undefined : i.text;
    return { value, problem: i.required ? 'This is needed: fill it in, or connect it.' : '' };
  }
  if (i.widget === 'number') return number(i);
  if (i.widget === 'schema') return schema(i);
  if (['json', 'value', 'image'].includes(i.widget)) return json(i);
  return { value: i.text, problem: '' };
}

function number(i: Input): Reading {
  const value = Number(i.text);
  if (!Number.isFinite(value)) return { keep: true, problem: 'Enter a number.' };
  if (i.min && value < Number(i.min)) return { value, problem: `At least ${i.min}.` };
  if (i.max && value > Number(i.max)) return { value, problem: `At most ${i.max}.` };
  return { value, problem: '' };
}

function json(i: Input): Reading {
  try {
    return { value: JSON.parse(i.text), problem: '' };
  } catch (err) {
    if (i.widget === 'image') return { value: i.text, problem: '' }; // the bare id of a file
    const problem = `This is no JSON yet: ${reason(err, i.text)}`;
    return i.widget === 'value' ? { keep: true, problem } : { value: i.text, problem };
  }
}

// What a model can be asked to follow; the server says the same.
function schema(i: Input): Reading {
  const r = json(i);
  if (r.problem || r.keep) return r;
  const v = r.value as { type?: unknown; properties?: unknown } | null;
  if (!isObject(v) || (v!.type !== undefined && v!.type !== 'object')) return { value: r.value, problem: 'This must be an object schema, as in {"type": "object", "properties": {…}}.' };
  if (v!.properties !== undefined && !isObject(v!.properties)) return { value: r.value, problem: '"properties" must be an object of schemas by name.' };
  return r;
}

// Browsers word it differently; the place is what helps.
function reason(err: unknown, text: string): string {
  const message = err instanceof Error ? err.message : '';
  const at = /position (\d+)/.exec(message);
  if (/end of (JSON )?input|end of data/i.test(message)) return `it ends too early, at ${place(text)}.`;
  if (!at) return 'check brackets, quotes and commas.';
  return `look at ${place(text.slice(0, Number(at[1])))}.`;
}

// place names where a text ends.
function place(before: string): string {
  const lines = before.split('\n');
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}

/** shown writes a value as its widget shows it, as the server does in the fragment. */
export function shown(widget: string, value: unknown, fallback: unknown): string {
  const v = value === undefined || value === null ? fallback : value;
  if (v === undefined || v === null) return '';
  if (widget === 'value') return JSON.stringify(v, null, 2);
  if (typeof v === 'string') return v;
  if (['text', 'textarea'].includes(widget) && Array.isArray(v) && v.every((x) => typeof x === 'string')) return v.join(widget === 'text' ? ', ' : '\n');
  return widget === 'json' || widget === 'schema' ? JSON.stringify(v, null, 2) : JSON.stringify(v) ?? '';
}

const isObject = (x: unknown): boolean => !!x && typeof x === 'object' && !Array.isArray(x);

/** member returns a member of data; a key with a dot, as in "retry.attempts", names one inside of another. */
export function member(data: Record<string, unknown>, key: string): unknown {
  const [outer, inner] = key.split('.', 2);
  if (inner === undefined) return data[key];
  return isObject(data[outer!]) ? (data[outer!] as Record<string, unknown>)[inner] : undefined;
}

/** put returns data with a member set, or without it when value is undefined; keys are as for member. */
export function put(data: Record<string, unknown>, key: string, value: unknown): Record<string, unknown> {
  const [outer, inner] = key.split('.', 2);
  if (inner !== undefined) {
    const whole = put(isObject(data[outer!]) ? (data[outer!] as Record<string, unknown>) : {}, inner, value);
    return put(data, outer!, Object.keys(whole).length ? whole : undefined);
  }
  if (value !== undefined) return { ...data, [key]: value };
  const { [key]: _gone, ...rest } = data;
  return rest;
}

/** defaultOf returns the default of a field by key; every kind has the choice of what happens when it fails. */
export function defaultOf(fields: readonly Field[] | null | undefined, key: string): unknown {
  return fields?.find((f) => f.key === key)?.default ?? (key === 'onError' ? 'fail' : undefined);
}
