// A small and safe part of Markdown for notes: headings, bold, italic, code, lists
// and links. The text becomes a tree, and the tree elements; markup in the text
// stays text.
import { make } from './dom';

/** A run of text within a line. */
export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'strong' | 'em'; inner: Inline[] }
  | { kind: 'link'; inner: Inline[]; href: string };

/** A part of a text. */
export type Block =
  | { kind: 'heading'; level: 1 | 2 | 3; inner: Inline[] }
  | { kind: 'paragraph'; inner: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'code'; text: string };

const fence = /^\s*```/, heading = /^(#{1,3})\s+(.*)$/, item = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;

/** LONGEST is how much of a text is read. */
const LONGEST = 20_000;

/** blocks reads a text. */
export function blocks(text: string): Block[] {
  const lines = text.slice(0, LONGEST).split(/\r?\n/), out: Block[] = [];
  let open: string[] = [];
  const end = () => {
    if (open.length) out.push({ kind: 'paragraph', inner: inlines(open.join('\n')) });
    open = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!, head = heading.exec(line), entry = item.exec(line);
    if (fence.test(line)) {
      end();
      const from = ++i;
      while (i < lines.length && !fence.test(lines[i]!)) i++;
      out.push({ kind: 'code', text: lines.slice(from, i).join('\n') });
    } else if (head) {
      end();
      out.push({ kind: 'heading', level: head[1]!.length as 1 | 2 | 3, inner: inlines(head[2]!) });
    } else if (entry) {
      end();
      const last = out.at(-1), ordered = entry[1] !== undefined, goes = i > 0 && item.test(lines[i - 1]!);
      if (goes && last?.kind === 'list' && last.ordered === ordered) last.items.push(inlines(entry[2]!));
      else out.push({ kind: 'list', ordered, items: [inlines(entry[2]!)] });
    } else if (line.trim()) open.push(line);
    else end();
  }
  end();
  return out;
}

const marks: { kind: 'code' | 'strong' | 'em' | 'link'; at: RegExp }[] = [
  { kind: 'code', at: /`([^`\n]+)`/ },
  { kind: 'link', at: /\[([^\]\n]+)\]\(([^()\s]+)\)/ },
  { kind: 'strong', at: /\*\*(?=\S)([^*\n]*(?:\*(?!\*)[^*\n]+\*)*[^*\n]*)\*\*/ },
  { kind: 'em', at: /(?<![\w*])[*_](?=\S)([^*_\n]+)[*_](?![\w*])/ },
];

/** inlines reads the marks within a line. The first mark wins, and what is in it is read alone. */
export function inlines(text: string, depth = 0): Inline[] {
  let first: { kind: 'code' | 'strong' | 'em' | 'link'; m: RegExpExecArray } | null = null;
  for (const { kind, at } of marks) {
    const m = depth < 4 ? at.exec(text) : null;
    if (m && (!first || m.index < first.m.index)) first = { kind, m };
  }
  if (!first) return text ? [{ kind: 'text', text }] : [];
  const { kind, m } = first, before = text.slice(0, m.index), after = text.slice(m.index + m[0].length);
  const own: Inline = kind === 'code' ? { kind, text: m[1]! } : kind === 'link' ? linked(m, depth) : { kind, inner: inlines(m[1]!, depth + 1) };
  return [...(before ? [{ kind: 'text' as const, text: before }] : []), own, ...inlines(after, depth)];
}

function linked(m: RegExpExecArray, depth: number): Inline {
  const href = safe(m[2]!);
  return href ? { kind: 'link', inner: inlines(m[1]!, depth + 1), href } : { kind: 'text', text: m[0] };
}

/** safe returns an address that a link may lead to: web pages and mail, else null. */
export function safe(address: string): string | null {
  return /^(?:https?:\/\/|mailto:)[^\s"'<>]+$/i.test(address) ? address : null;
}

/** elements makes the elements of a text. */
export function elements(text: string): HTMLElement[] {
  return blocks(text).map((b) => {
    switch (b.kind) {
      case 'heading': return make('p', `md-h md-h${b.level}`, { role: 'heading', 'aria-level': String(b.level + 2) }, ...b.inner.map(element));
      case 'paragraph': return make('p', '', {}, ...b.inner.map(element));
      case 'list': return make(b.ordered ? 'ol' : 'ul', '', {}, ...b.items.map((inner) => make('li', '', {}, ...inner.map(element))));
      case 'code': return make('pre', '', {}, make('code', '', {}, b.text));
    }
  });
}

function element(i: Inline): Node | string {
  switch (i.kind) {
    case 'text': return i.text;
    case 'code': return make('code', '', {}, i.text);
    case 'link': return make('a', '', { href: i.href, target: '_blank', rel: 'noopener noreferrer', draggable: 'false', tabindex: '-1' }, ...i.inner.map(element));
    default: return make(i.kind, '', {}, ...i.inner.map(element));
  }
}
