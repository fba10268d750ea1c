// Files that are dropped or pasted become steps: pictures are sent to the server,
// texts are read, workflows are put in. One drop is one undo step.
import { parse, usable, type Clip } from '../canvas/clipboard';
import { isField } from '../canvas/dom';
import type { Canvas, Item, Point } from '../canvas/main';
import { itemOf, LONGEST_TEXT } from '../canvas/material';
import { isPNG, KEYWORD, readText } from '../canvas/png';
import { explain } from './api';
import { decode } from './json';
import { Tray } from './tray';
import { refOf, upload } from './upload';

/** The longest workflow file, in bytes: as much as the server takes. */
const LONGEST_GRAPH = 4 * 1024 * 1024;

const pictures = /\.(png|jpe?g|gif|webp)$/i;
const texts = /\.(txt|md|markdown|csv|tsv|log|text|ya?ml|xml|html?)$/i;

/** Sort is what a file is taken for. */
export type Sort = 'picture' | 'text' | 'json' | 'other';

/** sortOf tells by name and type what a file is taken for. */
export function sortOf(f: { name: string; type: string }): Sort {
  const type = f.type.split(';')[0]!.toLowerCase();
  if (/^image\/(png|jpeg|gif|webp)$/.test(type) || (!type && pictures.test(f.name))) return 'picture';
  if (type === 'application/json' || /\.json$/i.test(f.name)) return 'json';
  return type.startsWith('text/') || texts.test(f.name) ? 'text' : 'other';
}

/** refusal is the sentence about a file of another kind. */
export const refusal = (name: string): string => `“${name}” cannot become a step. Pictures (PNG, JPEG, GIF, WebP), text, CSV and Markdown files, and workflows (JSON, or a PNG exported here) can.`;

/** graphIn reads a workflow from JSON text; null when it is none. Numbers stay as they are written. */
export function graphIn(text: string): Clip | null {
  try {
    return parse(text) && usable(decode(text));
  } catch { return null; }
}

const label = (name: string): string => name.replace(/\.[^.]+$/, '').trim().slice(0, 100) || name;

/** Intake takes files for a canvas. */
export class Intake {
  private readonly tray: Tray;

  constructor(root: HTMLElement, private readonly canvas: () => Canvas) {
    this.tray = new Tray(root);
    const has = (e: DragEvent, ...types: string[]) => types.some((t) => e.dataTransfer?.types.includes(t));
    const holds = (e: DragEvent) => has(e, 'Files');
    root.addEventListener('dragover', (e) => { if (has(e, 'Files', 'text/plain', 'text/uri-list') && !isField(e.target)) { e.preventDefault(); e.dataTransfer!.dropEffect = 'copy'; root.classList.add('is-taking'); } });
    root.addEventListener('dragleave', (e) => { if (!root.contains(e.relatedTarget as Node | null)) root.classList.remove('is-taking'); });
    root.addEventListener('drop', (e) => {
      root.classList.remove('is-taking');
      const at = this.canvas().screenToDoc(e.clientX, e.clientY);
      if (holds(e)) {
        e.preventDefault();
        void this.take([...e.dataTransfer!.files], at);
      } else if (has(e, 'text/plain', 'text/uri-list') && !isField(e.target)) {
        e.preventDefault();
        this.words(e.dataTransfer!, at);
      }
    });
    // A file let go beside the canvas must not replace the page.
    for (const kind of ['dragover', 'drop'] as const) addEventListener(kind, (e) => { if (holds(e) && !e.defaultPrevented) { e.preventDefault(); e.dataTransfer!.dropEffect = 'none'; } });
  }

  /** take makes steps of files at a point of the document; what cannot be used is said. */
  async take(files: readonly File[], at: Point | null) {
    if (!files.length) return;
    const items = await Promise.all(files.map((f) => this.read(f)));
    const good = items.filter((i): i is Item => i !== null);
    if (good.length) this.canvas().add(good, at);
    this.canvas().focus();
  }

  // A link or a selected text that was dragged here.
  private words(data: DataTransfer, at: Point) {
    const address = data.getData('text/uri-list').split(/\r?\n/).find((l) => l && !l.startsWith('#'));
    const text = data.getData('text/plain') || address || '', clip = parse(text), item = clip ? { clip } : itemOf(text);
    if (typeof item === 'string') this.tray.row('').fail(item);
    else this.canvas().add([item], at);
    this.canvas().focus();
  }

  private async read(f: File): Promise<Item | null> {
    const row = this.tray.row(f.name);
    try {
      const item = await this.itemFor(f, row.progress, row.signal);
      if (typeof item === 'string') row.fail(item);
      else row.done();
      return typeof item === 'string' ? null : item;
    } catch (err) {
      if (row.signal.aborted) row.done();
      else row.fail(`“${f.name}” could not be added. ${explain(err).text}`);
      return null;
    }
  }

  private async itemFor(f: File, progress: (part: number) => void, signal: AbortSignal): Promise<Item | string> {
    switch (sortOf(f)) {
      case 'picture': return this.picture(f, progress, signal);
      case 'json': return this.json(f);
      case 'text': return this.text(f);
      case 'other': return refusal(f.name);
    }
  }

  private async picture(f: File, progress: (part: number) => void, signal: AbortSignal): Promise<Item | string> {
    const head = new Uint8Array(await f.slice(0, 8).arrayBuffer());
    const carried = isPNG(head) ? readText(new Uint8Array(await f.arrayBuffer()), KEYWORD) : null;
    const clip = carried === null ? null : graphIn(carried);
    if (clip) return { clip };
    const stored = await upload(f, progress, signal);
    // The server looks at the bytes, not at the name.
    if (!stored.mediaType.startsWith('image/')) return `“${f.name}” is named like a picture but is none.`;
    return { kind: 'image', name: label(f.name), data: { file: refOf(stored) } };
  }

  private async json(f: File): Promise<Item | string> {
    if (f.size > LONGEST_GRAPH) return `“${f.name}” is larger than 4 MiB and cannot be put in.`;
    const clip = graphIn(await f.text());
    return clip ? { clip } : this.text(f);
  }

  private async text(f: File): Promise<Item | string> {
    if (f.size > LONGEST_TEXT) return `“${f.name}” is larger than 256 KiB and cannot become a text step.`;
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(await f.arrayBuffer());
    } catch {
      return `“${f.name}” is no UTF-8 text. Save it as UTF-8 and try again.`;
    }
    if (!text.trim()) return `“${f.name}” is empty.`;
    const item = itemOf(text, label(f.name));
    return typeof item === 'string' ? item : { kind: 'text', name: label(f.name), data: { text: text.replace(/\r\n?/g, '\n') } };
  }
}
