// The field for a picture: choose or drop one, see it at once, watch it being sent.
import { explain } from './api';
import { report } from './say';
import { refOf, upload } from './upload';
import { filePath } from './value';

/** Where pictures of a form go. */
export interface PictureEnv {
  /** The step whose form this is; an upload belongs to it even when another is selected meanwhile. */
  node(): string;
  /** put stores a value; undefined removes it. */
  put(node: string, key: string, value: unknown): void;
}

/** Picture handles every picture field inside a slot. */
export class Picture {
  private sending = new Map<string, AbortController>();

  constructor(slot: HTMLElement, private readonly env: PictureEnv) {
    slot.addEventListener('change', (e) => this.picked(e));
    slot.addEventListener('click', (e) => this.cleared(e));
    slot.addEventListener('dragover', (e) => { if (boxOf(e) && e.dataTransfer?.types.includes('Files')) e.preventDefault(); });
    slot.addEventListener('drop', (e) => this.dropped(e));
  }

  private picked(e: Event) {
    const pick = e.target as HTMLInputElement, box = boxOf(e);
    if (!box || !pick.matches('[data-pick]')) return;
    const file = pick.files?.[0];
    pick.value = '';
    if (file) void this.send(box, file);
  }

  private dropped(e: DragEvent) {
    const box = boxOf(e), file = e.dataTransfer?.files[0];
    if (!box || !file || box.querySelector('[data-pick]:disabled')) return;
    e.preventDefault();
    void this.send(box, file);
  }

  private cleared(e: Event) {
    const box = boxOf(e);
    if (!box || !(e.target as Element).closest('[data-clear]')) return;
    this.sending.get(this.name(box))?.abort();
    this.env.put(this.env.node(), keyOf(box), undefined);
    const image = box.querySelector<HTMLImageElement>('[data-preview]');
    if (image) image.hidden = true;
    box.querySelector('.upload__name')?.remove();
    tell(box, 'Removed.');
    box.querySelector<HTMLElement>('[data-pick]')?.focus();
  }

  private name(box: HTMLElement): string {
    return `${this.env.node()}/${keyOf(box)}`;
  }

  private async send(box: HTMLElement, file: File) {
    const node = this.env.node(), name = this.name(box), stop = new AbortController();
    this.sending.get(name)?.abort();
    this.sending.set(name, stop);
    const local = URL.createObjectURL(file);
    preview(box, local, file.name);
    try {
      const stored = await upload(file, (part) => tell(box, `Sending ${Math.round(part * 100)} %`), stop.signal);
      this.env.put(node, name.slice(node.length + 1), refOf(stored));
      if (this.env.node() !== node) return;
      preview(box, filePath(stored.id), stored.name);
      tell(box, 'Uploaded.');
    } catch (err) {
      if (stop.signal.aborted) return;
      if (this.env.node() !== node) return report(err, 'The picture could not be uploaded.');
      const image = box.querySelector<HTMLImageElement>('[data-preview]');
      if (image) image.hidden = true;
      tell(box, explain(err).text, true);
    } finally {
      URL.revokeObjectURL(local);
      if (this.sending.get(name) === stop) this.sending.delete(name);
    }
  }
}

const boxOf = (e: Event): HTMLElement | null => (e.target as Element).closest<HTMLElement>('[data-upload]');
const keyOf = (box: HTMLElement): string => box.dataset.upload ?? '';

function preview(box: HTMLElement, src: string, name: string) {
  const image = box.querySelector<HTMLImageElement>('[data-preview]');
  if (!image) return;
  image.src = src;
  image.alt = name;
  image.hidden = false;
}

function tell(box: HTMLElement, text: string, fail = false) {
  const el = box.querySelector<HTMLElement>('[data-progress]');
  if (!el) return;
  el.textContent = text;
  el.classList.toggle('err', fail);
}
