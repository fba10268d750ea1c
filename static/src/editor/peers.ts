// Other pages that show the same workflow: tabs of this browser tell each other what
// they saved; a page that was away asks the server.

/** What peers need. */
export interface PeersEnv {
  workflow: string;
  /** Hears that a version is on the server. */
  heard(version: number): void;
  /** ask returns the version on the server. */
  ask(): Promise<number>;
}

/** A page in view again asks at most this often, in milliseconds. */
const PACE = 5000;

/** Peers listens to the other pages and tells them. */
export class Peers {
  private readonly channel: BroadcastChannel | null;
  private asked = performance.now();

  constructor(private readonly env: PeersEnv) {
    this.channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(`heddle-workflow:${env.workflow}`) : null;
    if (this.channel) this.channel.onmessage = (e: MessageEvent<{ version?: unknown }>) => { if (typeof e.data?.version === 'number') env.heard(e.data.version); };
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.look(); });
    addEventListener('focus', () => this.look());
    addEventListener('online', () => this.look());
  }

  /** saved tells the others that a version is on the server. */
  saved(version: number) {
    this.channel?.postMessage({ version });
  }

  private look() {
    if (performance.now() - this.asked < PACE) return;
    this.asked = performance.now();
    // Without an answer there is nothing to hear: saving says when the server is away.
    this.env.ask().then((v) => this.env.heard(v), () => undefined);
  }
}
