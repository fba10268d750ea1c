// Where the parts of a card lie, in canvas pixels. The style sheet (css/canvas.css)
// uses the same numbers, so ports are found without measuring the page.
import { dataOf, isOn, num, type RFNode } from './document';
import type { Port, Spec } from './spec';

/** Width of a card without a width of its own. */
export const CARD_W = 256;
/** Height of the header. */
export const HEAD = 40;
/** Height of one port row. */
export const ROW = 24;
/** Space above and below each group of rows. */
export const GAP = 8;
/** Height of the footer. */
export const FOOT = 28;
/** Height of a preview of three lines of text, and of an image. */
export const TEXT_PREVIEW = 67, IMAGE_PREVIEW = 84;

/** The size of a card, the height of its first port on each side, from its top, and the distance between ports. */
export interface Shape { w: number; h: number; preview: number; in0: number; out0: number; row: number }

/** The least and the greatest width of a card. */
export const MIN_W = 200, MAX_W = 960;
/** The greatest height of a preview. */
export const MAX_PREVIEW = 1200;
/** The least width and height of a frame and of a note, and the greatest of a note. */
export const MIN_FRAME = 120, MIN_NOTE_W = 120, MIN_NOTE_H = 60, MAX_NOTE = 1600;

/** previewKind says what the card of a kind shows between its ports. */
export function previewKind(spec: Spec | undefined): 'text' | 'image' | 'none' {
  if (!spec?.preview) return 'none';
  const port = spec.outputs?.find((p) => p.name === spec.preview);
  const field = spec.fields?.find((f) => f.key === spec.preview);
  return port?.type === 'image' || field?.widget === 'image' ? 'image' : 'text';
}

const heights = { text: TEXT_PREVIEW, image: IMAGE_PREVIEW, none: 0 };

/** shapeOf lays out a card. A height set by the user makes the preview higher. */
export function shapeOf(node: RFNode, spec: Spec | undefined, ins: readonly Port[], outs: readonly Port[]): Shape {
  const w = Math.min(MAX_W, Math.max(MIN_W, num(node.width, CARD_W)));
  // All ports of a collapsed step are at the middle of its header.
  if (isOn(node, 'collapsed')) return { w, h: HEAD, preview: 0, in0: HEAD / 2, out0: HEAD / 2, row: 0 };
  const rows = (n: number) => (n ? n * ROW + GAP : 0);
  const bare = HEAD + GAP + rows(ins.length) + rows(outs.length) + FOOT;
  let preview = heights[previewKind(spec)];
  if (preview) preview = Math.max(preview, Math.min(num(node.height) - bare - GAP, MAX_PREVIEW));
  const h = bare + (preview ? preview + GAP : 0);
  return { w, h, preview, in0: HEAD + GAP + ROW / 2, out0: HEAD + GAP + rows(ins.length) + (preview ? preview + GAP : 0) + ROW / 2, row: ROW };
}

/** frameShape returns the size of a frame: what the document says, else a fair default. A collapsed one is its header. */
export function frameShape(node: RFNode): Shape {
  const style = (node.style ?? {}) as Record<string, unknown>;
  const measured = (node.measured ?? {}) as Record<string, unknown>;
  const size = (key: 'width' | 'height', otherwise: number) => Math.max(MIN_FRAME, num(node[key]) || num(style[key]) || num(measured[key]) || otherwise);
  const w = size('width', 480), h = isOn(node, 'collapsed') ? HEAD : size('height', 320);
  return { w, h, preview: 0, in0: HEAD / 2, out0: HEAD / 2, row: 0 };
}

/** noteShape returns the size of a note. */
export function noteShape(node: RFNode): Shape {
  const size = (key: 'width' | 'height', least: number, otherwise: number) => Math.min(MAX_NOTE, Math.max(least, num(node[key]) || otherwise));
  const h = size('height', MIN_NOTE_H, 160);
  return { w: size('width', MIN_NOTE_W, 260), h, preview: h, in0: h / 2, out0: h / 2, row: ROW };
}

/** summary returns what the card shows before a run: the preview field's text. */
export function summary(node: RFNode, spec: Spec | undefined): unknown {
  if (!spec) return undefined;
  const data = dataOf(node);
  const keys = [spec.preview, spec.input, 'prompt', 'question', 'text', 'url', 'file'].filter((k): k is string => !!k);
  for (const key of keys) {
    if (!spec.fields?.some((f) => f.key === key)) continue;
    const value = data[key];
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return undefined;
}
