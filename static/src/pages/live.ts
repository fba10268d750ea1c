// Live rows and runs. The server renders; this only notices that something moved
// and fetches the page's content again, which htmx morphs in. A burst costs one GET.
import type { Htmx } from 'htmx.org';
import { onContent, pageName } from './content';
import { subscribe } from '../live/socket';

const PAUSE = 700;
/** New runs on a list are not announced to it; it looks for them this often. */
const LOOK = 15_000;

interface Frame {
  runId?: string;
  nodeId?: string;
  text?: string;
}

const isLive = () => ['workflows', 'runs', 'run'].includes(pageName());
const isBusy = () => !!document.querySelector('#main details.menu[open], dialog[open]');
const watched = () => [...document.querySelectorAll<HTMLElement>('#main [data-live-run]')].map((el) => el.dataset.liveRun ?? '');

/** Follower keeps the subscriptions in step with the rows of the page. */
class Follower {
  private readonly subs = new Map<string, () => void>();

  follow(runs: string[]) {
    const want = new Set(runs);
    for (const [id, stop] of this.subs) {
      if (want.has(id)) continue;
      stop();
      this.subs.delete(id);
    }
    for (const id of want) if (!this.subs.has(id)) this.subs.set(id, subscribe({ runId: id }));
  }

  has(id: string) {
    return this.subs.has(id);
  }
}

/** Refresher fetches the content at most once per pause, and not under an open menu. */
class Refresher {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = 0;

  constructor(private readonly htmx: Htmx) {}

  ask() {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => void this.run(), Math.max(0, this.last + PAUSE - Date.now()));
  }

  private async run() {
    this.timer = undefined;
    if (!isLive()) return;
    if (isBusy()) {
      this.last = Date.now();
      this.ask();
      return;
    }
    await this.htmx.ajax('GET', location.pathname + location.search, { target: '#main', swap: 'outerMorph' }).catch(() => undefined);
    this.last = Date.now();
  }
}

/** Streams holds the text that running steps have streamed so far. */
class Streams {
  private readonly text = new Map<string, string>();

  add(node: string, more: string) {
    this.text.set(node, (this.text.get(node) ?? '') + more);
    this.show();
  }

  show() {
    for (const el of document.querySelectorAll<HTMLElement>('pre[data-stream]')) {
      const text = this.text.get(el.dataset.stream ?? '');
      el.hidden = !text;
      if (text && el.textContent !== text) el.textContent = text;
    }
  }
}

/** startLive keeps the list, the history and a run's page up to date. */
export function startLive(htmx: Htmx) {
  const follower = new Follower();
  const refresher = new Refresher(htmx);
  const streams = new Streams();
  onContent(() => {
    follower.follow(isLive() ? watched() : []);
    streams.show();
  });
  for (const type of ['snapshot', 'run.status', 'node.status']) {
    document.addEventListener(`heddle:${type}`, (e) => {
      const id = (e as CustomEvent<Frame>).detail.runId ?? '';
      if (!isLive() || !follower.has(id)) return;
      if (type !== 'node.status' || pageName() === 'run') refresher.ask();
    });
  }
  document.addEventListener('heddle:node.delta', (e) => {
    const { nodeId, text, runId } = (e as CustomEvent<Frame>).detail;
    if (pageName() === 'run' && nodeId && text && follower.has(runId ?? '')) streams.add(nodeId, text);
  });
  setInterval(() => {
    if (document.visibilityState === 'visible' && isLive() && pageName() !== 'run' && !new URLSearchParams(location.search).has('page')) refresher.ask();
  }, LOOK);
}
