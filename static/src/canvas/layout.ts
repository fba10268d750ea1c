// Where the parts of a card lie, in canvas pixels. The style sheet (css/canvas.css)
// uses the same numbers, so ports are found without measuring the page.
import { dataOf, num, type RFNode } from './document';
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

/** The size of a card and the height of its first port on each side, from its top. */
export interface Shape { w: number; h: number; preview: number; in0: number; out0: number }

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
  const w = Math.min(960, Math.max(200, num(node.width, CARD_W)));
  const rows = (n: number) => (n ? n * ROW + GAP : 0);
  const bare = HEAD + GAP + rows(ins.length) + rows(outs.length) + FOOT;
  let preview = heights[previewKind(spec)];
  if (preview) preview = Math.max(preview, Math.min(num(node.height) - bare - GAP, 1200));
  const h = bare + (preview ? preview + GAP : 0);
  return { w, h, preview, in0: HEAD + GAP + ROW / 2, out0: HEAD + GAP + rows(ins.length) + (preview ? preview + GAP : 0) + ROW / 2 };
}

/** frameShape returns the size of a frame: what the document says, else a fair default. */
export function frameShape(node: RFNode): Shape {
  const style = (node.style ?? {}) as Record<string, unknown>;
  const measured = (node.measured ?? {}) as Record<string, unknown>;
  const size = (key: 'width' | 'height', otherwise: number) => Math.max(120, num(node[key]) || num(style[key]) || num(measured[key]) || otherwise);
  return { w: size('width', 480), h: size('height', 320), preview: 0, in0: 0, out0: 0 };
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
