// Values as people read them: pictures as pictures, text as it is, JSON indented.
// Everything is put in as text; nothing in a value is ever read as markup.
import { make } from '../canvas/dom';

interface FileRef { $file: string; name?: string; mediaType?: string; size?: number; width?: number; height?: number }

const isFile = (v: unknown): v is FileRef => !!v && typeof v === 'object' && typeof (v as FileRef).$file === 'string';
const isBlob = (v: unknown): v is { $blob: string; size?: number; type?: string; preview?: string } => !!v && typeof v === 'object' && '$blob' in v;

/** filePath returns the address of a stored file. */
export const filePath = (id: string): string => `/api/files/${encodeURIComponent(id)}`;

/** valuePath returns the address of a large value, whole. */
export const valuePath = (hash: string): string => `/api/values/${encodeURIComponent(hash)}`;

/** size writes a number of bytes for people. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** pictures returns the addresses of the pictures that a preview names. */
export function pictures(preview: string): string[] {
  if (!/^\s*\[?\s*\{"\$file"/.test(preview)) return [];
  const out: string[] = [];
  for (const m of preview.matchAll(/\{"\$file":"([^"]+)"[^{}]*?"mediaType":"image\/[^"]*"/g)) out.push(filePath(m[1]!));
  return out;
}

/** show returns an element for a value. */
export function show(v: unknown): HTMLElement {
  if (isFile(v)) return file(v);
  if (Array.isArray(v) && v.length && v.every(isFile)) return make('div', 'gallery', {}, ...v.map(file));
  if (isBlob(v)) {
    const note = make('p', 'small faint', {}, `The beginning of ${size(v.size ?? 0)}. `, make('a', '', { href: valuePath(v.$blob), target: '_blank', rel: 'noopener' }, 'Open the full value'));
    return make('div', '', {}, text(`${v.preview ?? ''}…`, v.type === 'text'), note);
  }
  return typeof v === 'string' ? text(v, true) : text(JSON.stringify(v, null, 2) ?? '');
}

let count = 0;

/**
 * text returns a text with a button that copies it, and for prose one that shows it
 * formatted as Markdown.
 */
export function text(content: string, prose = false): HTMLElement {
  const id = `ed-out-${++count}`, tools = make('div', 'outbox__tools', {});
  if (prose) tools.append(make('button', 'btn btn--sm', { type: 'button', 'data-format': id, 'aria-pressed': 'false' }, 'Formatted'));
  tools.append(make('button', 'btn btn--sm', { type: 'button', 'data-copy': id }, make('span', '', {}, 'Copy')));
  return make('div', 'outbox', {}, make('pre', 'out', { id, tabindex: '0' }, content), tools);
}

function file(f: FileRef): HTMLElement {
  const name = f.name || f.$file, href = filePath(f.$file);
  const facts = [f.width && f.height ? `${f.width} × ${f.height}` : '', f.size ? size(f.size) : ''].filter(Boolean).join(' · ');
  const figure = make('figure', 'pic');
  if (f.mediaType?.startsWith('image/')) {
    const img = make('img', '', { src: href, alt: f.name || 'Picture', loading: 'lazy' });
    if (f.width && f.height) {
      img.width = f.width;
      img.height = f.height;
    }
    figure.append(make('a', '', { href, target: '_blank', rel: 'noopener' }, img));
  }
  figure.append(make('figcaption', 'small muted', {}, make('a', '', { href, download: name }, name), make('span', '', {}, facts)));
  return figure;
}
