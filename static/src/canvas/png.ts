// Text inside PNG files: the workflow travels in a chunk of its own, so that the
// picture can be dropped back. The rest of the file stays as it is.

/** KEYWORD names our chunk. */
export const KEYWORD = 'heddle';

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

interface Chunk { type: string; from: number; length: number }

/** isPNG reports whether bytes begin as a PNG file does. */
export const isPNG = (bytes: Uint8Array): boolean => SIGNATURE.every((b, i) => bytes[i] === b);

function* chunks(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) return;
    yield { type: latin(bytes.subarray(at + 4, at + 8)), from: at + 8, length };
    at += 12 + length;
  }
}

const latin = (bytes: Uint8Array): string => Array.from(bytes, (b) => String.fromCharCode(b)).join('');

/** readText returns the text under a keyword in an uncompressed iTXt or tEXt chunk; null when there is none. */
export function readText(png: Uint8Array, keyword: string): string | null {
  if (!isPNG(png)) return null;
  for (const c of chunks(png)) {
    if (c.type !== 'iTXt' && c.type !== 'tEXt') continue;
    const data = png.subarray(c.from, c.from + c.length), end = data.indexOf(0);
    if (end < 0 || latin(data.subarray(0, end)) !== keyword) continue;
    const text = c.type === 'tEXt' ? latin(data.subarray(end + 1)) : international(data, end);
    if (text !== null) return text;
  }
  return null;
}

// After the keyword: compressed?, method, language, translated keyword, text.
function international(data: Uint8Array, end: number): string | null {
  if (data[end + 1] !== 0) return null;
  const language = data.indexOf(0, end + 3), translated = language < 0 ? -1 : data.indexOf(0, language + 1);
  if (translated < 0) return null;
  try { return new TextDecoder('utf-8', { fatal: true }).decode(data.subarray(translated + 1)); } catch { return null; }
}

/** withText returns the file with a text under a keyword, right after its header. */
export function withText(png: Uint8Array, keyword: string, text: string): Uint8Array<ArrayBuffer> {
  if (!isPNG(png)) throw new Error('these bytes are no PNG file');
  const header = chunks(png).next().value as Chunk | undefined;
  if (header?.type !== 'IHDR') throw new Error('the PNG file has no header');
  const split = header.from + header.length + 4, chunk = textChunk(keyword, text);
  const out = new Uint8Array(png.length + chunk.length);
  out.set(png.subarray(0, split));
  out.set(chunk, split);
  out.set(png.subarray(split), split + chunk.length);
  return out;
}

function textChunk(keyword: string, text: string): Uint8Array {
  const body = new TextEncoder().encode(`iTXt${keyword}\0\0\0\0\0${text}`), out = new Uint8Array(body.length + 8), view = new DataView(out.buffer);
  view.setUint32(0, body.length - 4);
  out.set(body, 4);
  view.setUint32(body.length + 4, crc(body));
  return out;
}

/** crc returns the checksum of a chunk: CRC-32 as PNG uses it. */
export function crc(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const b of bytes) {
    c ^= b;
    for (let n = 0; n < 8; n++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
}
