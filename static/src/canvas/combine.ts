// Three-way combination of JSON values: what each side changed since a common
// base is kept; where both changed the same place, mine stays and it is told.
import { same } from './diff';

/** Hears of a place that both sides changed: the path of members, and both values; undefined is absent. */
export type Clash = (path: readonly string[], mine: unknown, theirs: unknown) => void;

/** Members that are one value although they are objects: half of a place is no place. */
const whole = new Set(['position']);

/** combine returns mine with what theirs changed since base. undefined stands for absent. Objects
 * are combined member by member, everything else as a whole. */
export function combine(base: unknown, mine: unknown, theirs: unknown, clash: Clash = () => undefined, path: readonly string[] = []): unknown {
  if (same(mine, theirs) || same(base, theirs)) return mine;
  if (same(base, mine)) return theirs;
  if (isObject(mine) && isObject(theirs) && !whole.has(path.at(-1) ?? '')) return members(isObject(base) ? base : {}, mine, theirs, clash, path);
  clash(path, mine, theirs);
  return mine;
}

type Members = Record<string, unknown>;

function members(base: Members, mine: Members, theirs: Members, clash: Clash, path: readonly string[]): Members {
  const out: Members = {};
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const value = combine(own(base, key), own(mine, key), own(theirs, key), clash, [...path, key]);
    if (value !== undefined) put(out, key, value);
  }
  return same(out, mine) ? mine : out;
}

const own = (o: Members, key: string): unknown => (Object.hasOwn(o, key) ? o[key] : undefined);

// A member may have any name, also that of a setter.
function put(o: Members, key: string, value: unknown) {
  Object.defineProperty(o, key, { value, writable: true, enumerable: true, configurable: true });
}

// A number kept as it was written is an object with one member, but a value.
function isObject(v: unknown): v is Members {
  return !!v && typeof v === 'object' && !Array.isArray(v) && !('rawJSON' in v && Object.keys(v).length === 1);
}

/** withValue returns a value with the member at a path replaced; undefined takes it away. */
export function withValue(value: unknown, path: readonly string[], to: unknown): unknown {
  if (!path.length) return to;
  const [key, ...rest] = path, out: Members = {};
  for (const [k, v] of Object.entries(isObject(value) ? value : {})) if (k !== key) put(out, k, v);
  const inner = withValue(isObject(value) ? own(value, key!) : undefined, rest, to);
  if (inner !== undefined) put(out, key!, inner);
  return out;
}
