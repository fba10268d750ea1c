// The graph as a picture: SVG, or PNG that carries the workflow and can be dropped back.
import { KEYWORD, withText } from '../canvas/png';
import type { Canvas, Painted } from '../canvas/main';
import { encode } from './json';
import { report, say, toast } from './say';

/** What an export needs of the page. */
export interface ExportEnv { canvas(): Canvas; name(): string }

/** The largest picture, in pixels of one side and of the whole. */
const SIDE = 8192, AREA = 48e6;

/** exportSVG saves the graph as an SVG file. */
export async function exportSVG(env: ExportEnv) {
  try {
    const p = await painted(env);
    save(new Blob([p.text], { type: 'image/svg+xml' }), `${fileName(env.name())}.svg`);
  } catch (err) {
    report(err, 'The picture could not be made.');
  }
}

/** exportPNG saves the graph as a PNG file with the workflow in it. */
export async function exportPNG(env: ExportEnv) {
  try {
    const bytes = await pixels(await painted(env)), { nodes, edges } = env.canvas().store.doc();
    const whole = withText(bytes, KEYWORD, encode({ name: env.name(), nodes, edges }));
    save(new Blob([whole], { type: 'image/png' }), `${fileName(env.name())}.png`);
  } catch (err) {
    report(err, 'The picture could not be made.');
  }
}

/** fileName returns a name as a file may have it everywhere. */
export function fileName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60);
  return plain || 'workflow';
}

/** scaleOf returns how many pixels a unit of the picture gets, two if there is room. */
export function scaleOf(p: { width: number; height: number }): number {
  return Math.min(2, SIDE / p.width, SIDE / p.height, Math.sqrt(AREA / (p.width * p.height)));
}

async function painted(env: ExportEnv): Promise<Painted> {
  const canvas = env.canvas(), images = new Map<string, string>();
  // A picture that cannot be read is left out; the rest is worth having.
  for (const address of canvas.pictures()) {
    const data = address.startsWith('data:') ? address : await dataOf(address).catch(() => null);
    if (data) images.set(address, data);
  }
  return canvas.svg(images, env.name());
}

async function dataOf(address: string): Promise<string> {
  const res = await fetch(address, { credentials: 'same-origin' });
  if (!res.ok) throw new Error(`the picture ${address} cannot be read`);
  const blob = await res.blob();
  return new Promise((resolve, reject) => {
    const r = new FileReader();
    r.addEventListener('load', () => resolve(String(r.result)));
    r.addEventListener('error', () => reject(r.error ?? new Error('the picture cannot be read')));
    r.readAsDataURL(blob);
  });
}

async function pixels(p: Painted): Promise<Uint8Array> {
  const url = URL.createObjectURL(new Blob([p.text], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const k = scaleOf(p), paper = document.createElement('canvas');
    paper.width = Math.max(1, Math.round(p.width * k));
    paper.height = Math.max(1, Math.round(p.height * k));
    paper.getContext('2d')!.drawImage(image, 0, 0, paper.width, paper.height);
    const blob = await new Promise<Blob | null>((done) => paper.toBlob(done, 'image/png'));
    if (!blob) throw new Error('The browser could not draw it. The graph may be too large.');
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    URL.revokeObjectURL(url);
  }
}

function save(blob: Blob, name: string) {
  const a = document.createElement('a'), url = URL.createObjectURL(blob);
  a.href = url;
  a.download = name;
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  toast(`${name} is saved.`);
  say(`${name} is saved.`);
}
