// Fuzzy search: every word of a query must be found in order, letter by letter;
// whole runs and the beginnings of words count most.

/** A hit: how good it is, and which letters of the text matched. */
export interface Hit { score: number; at: number[] }

const wordStart = /[\p{L}\p{N}]/u;

// Letters that change their length in lower case stay, so that places hold.
const lower = (s: string): string => s.replace(/\S/gu, (c) => (c.toLowerCase().length === c.length ? c.toLowerCase() : c));

const starts = (text: string, i: number): boolean => wordStart.test(text[i]!) && (i === 0 || !wordStart.test(text[i - 1]!) || (text[i - 1] === text[i - 1]!.toLowerCase() && text[i] !== text[i]!.toLowerCase()));

/** fuzzy looks for a query in a text; null when a word of it is not there. An empty query fits everything. */
export function fuzzy(query: string, text: string): Hit | null {
  const low = lower(text), all = new Set<number>();
  let score = 0;
  for (const word of lower(query).split(/\s+/).filter(Boolean)) {
    const hit = bestOf(word, text, low);
    if (!hit) return null;
    score += hit.score;
    hit.at.forEach((i) => all.add(i));
  }
  return { score: score - text.length * 0.05, at: [...all].sort((a, b) => a - b) };
}

function bestOf(word: string, text: string, low: string): Hit | null {
  let best: Hit | null = null;
  for (let from = low.indexOf(word[0]!); from >= 0; from = low.indexOf(word[0]!, from + 1)) {
    const at = walk(word, text, low, from);
    if (!at) break;
    const score = value(at, text);
    if (!best || score > best.score) best = { score, at };
  }
  return best;
}

// Each letter goes to the next place; a run that ends looks for the beginning of a word first.
function walk(word: string, text: string, low: string, from: number): number[] | null {
  const at = [from];
  for (let n = 1; n < word.length; n++) {
    const last = at.at(-1)!, letter = word[n]!;
    let next = low.indexOf(letter, last + 1);
    if (next < 0) return null;
    if (next !== last + 1) {
      for (let i = next; i >= 0; i = low.indexOf(letter, i + 1)) {
        if (!starts(text, i) || !holds(word, n, low, i)) continue;
        next = i;
        break;
      }
    }
    at.push(next);
  }
  return at;
}

// Whether the rest of a word can still be found from a place.
function holds(word: string, n: number, low: string, from: number): boolean {
  for (let i = from; n < word.length; n++, i++) {
    i = low.indexOf(word[n]!, i);
    if (i < 0) return false;
  }
  return true;
}

function value(at: number[], text: string): number {
  let score = at[0] === 0 ? 6 : 0;
  at.forEach((i, n) => {
    score += starts(text, i) ? 8 : 1;
    if (n > 0) score += i === at[n - 1]! + 1 ? 6 : -Math.min(3, (i - at[n - 1]! - 1) * 0.5);
  });
  return score / at.length + at.length * 0.5;
}

/** ranked returns what a query finds, best first; equal hits keep their order. first is the text that is shown, others count less. */
export function ranked<T>(list: readonly T[], query: string, texts: (item: T) => { first: string; others?: string[] }, bonus: (item: T) => number = () => 0): { item: T; at: number[]; score: number }[] {
  if (!query.trim()) return list.map((item) => ({ item, at: [], score: 0 }));
  const found: { item: T; at: number[]; score: number }[] = [];
  for (const item of list) {
    const { first, others = [] } = texts(item), hit = fuzzy(query, first);
    if (hit) found.push({ item, at: hit.at, score: hit.score + 4 + bonus(item) });
    else if (others.some((o) => contains(o, query))) found.push({ item, at: [], score: bonus(item) });
  }
  return found.sort((a, b) => b.score - a.score);
}

/** contains reports whether every word of a query stands in a text. */
export const contains = (text: string, query: string): boolean => {
  const low = lower(text);
  return lower(query).split(/\s+/).filter(Boolean).every((w) => low.includes(w));
};
