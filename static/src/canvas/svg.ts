// The whole graph as an SVG picture, in the colours of the present theme: frames,
// connections and cards at the places the canvas computes.
import { imageOf } from './card';
import { isOn, labelOf } from './document';
import { bend, grown, union, type Box } from './geometry';
import { TYPES, type Graph, type Side } from './graph';
import { iconPath } from './icons';
import { FOOT, GAP, HEAD, previewKind, ROW, summary } from './layout';
import { noteColour, noteText } from './note';
import { titleOf } from './paint';
import type { PortType } from './spec';
import { portVar, type Theme } from './theme';

/** The space around the graph in the picture. */
const RIM = 40;

/** Width of a letter as a share of its size, on average. */
const LETTER = 0.55;

const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** escaped returns text as it may stand in XML. */
export const escaped = (text: string): string =>
  // XML has no way to write control characters.
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[&<>"']/g, (c) => signs[c]!);

/** A painted graph. */
export interface Painted { text: string; width: number; height: number }

/** picturesOf returns the addresses of the pictures that cards show. */
export function picturesOf(g: Graph): string[] {
  return [...new Set([...g.nodes.keys()].map((i) => pictureOf(g, i)).filter((a) => a !== null))];
}

function pictureOf(g: Graph, i: number): string | null {
  return g.frame[i] || g.note[i] || previewKind(g.spec(i)) !== 'image' ? null : imageOf(g.nodes[i]!.data?.file) ?? imageOf(summary(g.nodes[i]!, g.spec(i)));
}

/** svgOf paints the graph. images holds the bytes of pictures as data addresses, by their address. */
export function svgOf(g: Graph, theme: Theme, images: ReadonlyMap<string, string>, name: string): Painted {
  let box: Box | null = null;
  for (const i of g.nodes.keys()) box = union(box, g.box(i));
  const b = grown(box ?? { x0: 0, y0: 0, x1: 320, y1: 180 }, RIM, RIM), width = Math.ceil(b.x1 - b.x0), height = Math.ceil(b.y1 - b.y0);
  const seen = [...g.nodes.keys()].filter((i) => g.shell[i]! < 0), frames = seen.filter((i) => g.frame[i]), cards = seen.filter((i) => !g.frame[i]);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${num(b.x0)} ${num(b.y0)} ${width} ${height}" font-family="${escaped(theme.font)}">`,
    `<title>${escaped(name)}</title>`,
    rect(b, theme.canvas, 'none', 0),
    ...frames.map((i) => frame(g, theme, i)),
    ...[...g.edges.keys()].filter((k) => g.shown(k)).map((k) => edge(g, theme, k)),
    ...cards.map((i) => card(g, theme, i, images)),
    '</svg>',
  ];
  return { text: parts.join('\n'), width, height };
}

const num = (v: number): string => String(Math.round(v * 100) / 100);

function rect(b: Box, fill: string, stroke: string, radius: number, more = ''): string {
  return `<rect x="${num(b.x0)}" y="${num(b.y0)}" width="${num(b.x1 - b.x0)}" height="${num(b.y1 - b.y0)}" rx="${radius}" fill="${escaped(fill)}" stroke="${escaped(stroke)}"${more}/>`;
}

function words(x: number, y: number, size: number, fill: string, text: string, more = ''): string {
  return `<text x="${num(x)}" y="${num(y)}" font-size="${size}" fill="${escaped(fill)}"${more}>${escaped(text)}</text>`;
}

/** fitted cuts a line to a width. */
export function fitted(text: string, size: number, width: number): string {
  const room = Math.max(1, Math.floor(width / (size * LETTER))), line = text.replace(/\s+/g, ' ').trim(), letters = [...line];
  return letters.length > room ? `${letters.slice(0, room - 1).join('')}…` : line;
}

/** lines breaks a text at words into at most a number of lines. */
export function lines(text: string, size: number, width: number, most: number): string[] {
  const room = Math.max(4, Math.floor(width / (size * LETTER))), out: string[] = [];
  for (const paragraph of text.slice(0, 2000).split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line && line.length + word.length + 1 > room) {
        out.push(line);
        line = word;
      } else line = line ? `${line} ${word}` : word;
    }
    out.push(line);
    if (out.length > most) break;
  }
  const shown = out.slice(0, most).map((l) => fitted(l, size, width));
  if (out.length > most && shown.length) shown[most - 1] = fitted(`${shown[most - 1]} …`, size, width + size * 2);
  return shown;
}

function frame(g: Graph, t: Theme, i: number): string {
  const b = g.box(i);
  return rect(b, t.sunken, t.border, 10, ' fill-opacity="0.55"') + words(b.x0 + 14, b.y0 + 25, 13, t.muted, fitted(labelOf(g.nodes[i]!), 13, g.w[i]! - 28), ' font-weight="600"');
}

function edge(g: Graph, t: Theme, k: number): string {
  const a = g.from(k), b = g.to(k), d = bend(a.x, b.x);
  return `<path d="M${num(a.x)} ${num(a.y)}C${num(a.x + d)} ${num(a.y)} ${num(b.x - d)} ${num(b.y)} ${num(b.x)} ${num(b.y)}" fill="none" stroke="${escaped(t.types[g.carries[k]!]!)}" stroke-width="2"/>`;
}

const colourOf = (t: Theme, type: string): string => t.types[type in portVar ? TYPES.indexOf(type as PortType) : 0] ?? t.edge;

function card(g: Graph, t: Theme, i: number, images: ReadonlyMap<string, string>): string {
  if (g.note[i]) return note(g, t, i);
  const b = g.box(i), spec = g.spec(i), off = isOn(g.nodes[i]!, 'disabled'), shut = isOn(g.nodes[i]!, 'collapsed'), k = colourOf(t, spec?.color || 'any');
  const rule = (y: number) => `<path d="M${num(b.x0)} ${num(y)}H${num(b.x1)}" stroke="${escaped(t.border)}" stroke-opacity="0.35"/>`;
  return [
    '<g>',
    rect(b, off ? t.sunken : t.surface, t.border, 10, spec && !off ? '' : ' stroke-dasharray="4 3"'),
    rect({ x0: b.x0 + 8, y0: b.y0 + 9, x1: b.x0 + 30, y1: b.y0 + 31 }, k, 'none', 6, ' fill-opacity="0.14"'),
    `<path transform="translate(${num(b.x0 + 12)} ${num(b.y0 + 13)}) scale(0.875)" d="${escaped(iconPath(spec?.icon ?? 'unknown'))}" fill="none" stroke="${escaped(k)}" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/>`,
    words(b.x0 + 38, b.y0 + 25, 13, t.text, fitted(titleOf(g.nodes[i]!), 13, g.w[i]! - 50), ' font-weight="600"'),
    ...(shut ? [] : [rule(b.y0 + HEAD), preview(g, t, i, images), rule(b.y1 - FOOT),
    words(b.x0 + 10, b.y1 - 10, 12, t.muted, fitted(spec?.title ?? `Unknown kind ${g.nodes[i]!.type ?? ''}`, 12, g.w[i]! - 20))]),
    ...ports(g, t, i, 'in'),
    ...ports(g, t, i, 'out'),
    '</g>',
  ].join('');
}

function note(g: Graph, t: Theme, i: number): string {
  const b = g.box(i), colour = t.status[noteColour(g.nodes[i]!).look], shown = lines(noteText(g.nodes[i]!), 13, g.w[i]! - 24, Math.max(1, Math.floor((g.h[i]! - 16) / 19)));
  return `<g>${rect(b, t.surface, colour, 6)}${rect(b, colour, 'none', 6, ' fill-opacity="0.16"')}${shown.map((l, n) => words(b.x0 + 12, b.y0 + 24 + n * 19, 13, t.text, l)).join('')}</g>`;
}

function preview(g: Graph, t: Theme, i: number, images: ReadonlyMap<string, string>): string {
  const h = g.preview[i]!, ins = g.ports(i, 'in').length;
  if (!h) return '';
  const y0 = g.y[i]! + HEAD + GAP + (ins ? ins * ROW + GAP : 0), b = { x0: g.x[i]! + 8, y0, x1: g.x[i]! + g.w[i]! - 8, y1: y0 + h };
  const ground = rect(b, t.sunken, 'none', 6), image = images.get(pictureOf(g, i) ?? '');
  if (image) return `${ground}<image href="${escaped(image)}" x="${num(b.x0)}" y="${num(b.y0)}" width="${num(b.x1 - b.x0)}" height="${num(h)}" preserveAspectRatio="xMidYMid slice"/>`;
  const given = summary(g.nodes[i]!, g.spec(i)), text = typeof given === 'string' ? given : given === undefined ? '' : JSON.stringify(given);
  const shown = previewKind(g.spec(i)) === 'image' && (!text || text.startsWith('data:') || text.startsWith('{')) ? ['Picture'] : lines(text, 12, b.x1 - b.x0 - 16, Math.max(1, Math.floor((h - 16) / 17)));
  return ground + shown.map((l, n) => words(b.x0 + 8, y0 + 20 + n * 17, 12, t.muted, l)).join('');
}

function ports(g: Graph, t: Theme, i: number, side: Side): string[] {
  return g.ports(i, side).map((p, n) => {
    const at = g.portAt(i, side, n), k = colourOf(t, p.type);
    const on = g.edgesOf(i).some((e) => (side === 'in' ? g.et[e] === i && g.tp[e] === n : g.es[e] === i && g.ep[e] === n));
    const x = side === 'in' ? at.x + 12 : at.x - 12, label = isOn(g.nodes[i]!, 'collapsed') ? '' : fitted(p.label || p.name, 12, g.w[i]! * 0.7);
    return `<circle cx="${num(at.x)}" cy="${num(at.y)}" r="4.75" fill="${escaped(on ? k : t.surface)}" stroke="${escaped(k)}" stroke-width="2.5"/>${words(x, at.y + 4, 12, t.muted, label, side === 'out' ? ' text-anchor="end"' : '')}`;
  });
}
