// Reading and writing documents without losing a digit. A number that a JavaScript
// number cannot hold exactly is kept as it was written, where the browser can.

interface Source { source?: string }
interface RawJSON { rawJSON?(text: string): unknown }

const raw = (JSON as RawJSON).rawJSON?.bind(JSON);

// Fifteen digits always survive; what has no longer number needs no second look.
const risky = /[\d.]{16}|\d[eE]/;

/** decode reads JSON; numbers that would change stay as they are written. */
export function decode(text: string): unknown {
  if (!raw || !risky.test(text)) return JSON.parse(text);
  const reviver = (_key: string, value: unknown, context?: Source) =>
    typeof value === 'number' && context?.source !== undefined && !exact(value, context.source) ? raw(context.source) : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

/** encode writes JSON. */
export const encode = (value: unknown): string => JSON.stringify(value);

// 1.0 and 1e3 may be written differently: only the value counts.
function exact(value: number, source: string): boolean {
  if (String(value) === source) return true;
  return digits(String(value)) === digits(source);
}

// digits returns the significant digits and the exponent of a written number.
function digits(written: string): string {
  const m = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(written);
  if (!m) return written;
  const whole = m[2]! + (m[3] ?? '');
  const lead = whole.replace(/^0+/, ''), core = lead.replace(/0+$/, '');
  const exponent = Number(m[4] ?? 0) - (m[3]?.length ?? 0) + (lead.length - core.length);
  return core ? `${m[1]}${core}e${exponent}` : '0';
}
