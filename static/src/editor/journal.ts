// A journal of unsaved work in the browser's storage, so that a crashed tab or a
// server that is away loses nothing. Each open page writes its own entry; an entry
// whose page is gone is offered when the workflow is opened again.
import type { GraphDoc } from '../canvas/main';
import { decode, encode } from './json';

/** Unsaved work. */
export interface Draft {
  /** Milliseconds since 1970. */
  at: number;
  /** The saved version it is based on. */
  version: number;
  name: string;
  doc: GraphDoc;
  /** What that version was, so that both can be merged; left out when the storage has no room for it. */
  base?: { name: string; doc: GraphDoc };
}

/** The part of localStorage that is used. */
export type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

const PREFIX = 'heddle-draft:';
const KEEP = 30 * 24 * 3600 * 1000;

/** Journal keeps the draft of one page that has one workflow open. */
export class Journal {
  private readonly key: string;

  constructor(private readonly storage: Storage | null, private readonly workflow: string, page: string) {
    this.key = `${PREFIX}${workflow}:${page}`;
  }

  /** name is the key of this page's entry; while the page lives it holds a lock of that name. */
  get name(): string {
    return this.key;
  }

  /** write keeps a draft, without its base when there is no room for both; false when the storage is full or missing. */
  write(d: Draft): boolean {
    const { base, ...alone } = d;
    return this.put(encode(d)) || (base !== undefined && this.put(encode(alone)));
  }

  private put(text: string): boolean {
    try {
      this.storage?.setItem(this.key, text);
      return this.storage !== null;
    } catch {
      return this.makeRoom(text);
    }
  }

  /** clear forgets this page's draft. */
  clear() {
    this.drop(this.key);
  }

  /** drop forgets the draft of a page that is gone. */
  drop(key: string) {
    try {
      this.storage?.removeItem(key);
    } catch {
      // A storage that cannot be written holds nothing of ours.
    }
  }

  /** left returns the drafts of other pages of this workflow, the newest first. */
  left(): { key: string; draft: Draft }[] {
    const out: { key: string; draft: Draft }[] = [];
    for (const key of this.keys(`${PREFIX}${this.workflow}:`)) {
      if (key === this.key) continue;
      const draft = read(this.storage?.getItem(key) ?? '');
      if (draft) out.push({ key, draft });
      else this.drop(key);
    }
    return out.sort((a, b) => b.draft.at - a.draft.at);
  }

  // Only drafts nobody came back for in a month give way, the oldest first.
  private makeRoom(text: string): boolean {
    const others = this.keys(PREFIX).filter((k) => k !== this.key)
      .map((key) => ({ key, at: read(this.storage?.getItem(key) ?? '')?.at ?? 0 }))
      .filter((d) => d.at < Date.now() - KEEP)
      .sort((a, b) => a.at - b.at);
    for (const { key } of others) {
      this.drop(key);
      try {
        this.storage?.setItem(this.key, text);
        return true;
      } catch {
        continue;
      }
    }
    return false;
  }

  private keys(prefix: string): string[] {
    const out: string[] = [];
    try {
      for (let i = 0; i < (this.storage?.length ?? 0); i++) {
        const key = this.storage?.key(i);
        if (key?.startsWith(prefix)) out.push(key);
      }
    } catch {
      return [];
    }
    return out;
  }
}

function read(text: string): Draft | null {
  try {
    const d = decode(text) as Draft | null;
    const sound = d && typeof d.at === 'number' && typeof d.version === 'number' && typeof d.name === 'string' && Array.isArray(d.doc?.nodes) && Array.isArray(d.doc?.edges);
    if (!sound) return null;
    if (d.base && !(typeof d.base.name === 'string' && Array.isArray(d.base.doc?.nodes) && Array.isArray(d.base.doc?.edges))) delete d.base;
    return d;
  } catch {
    return null;
  }
}
