// A clock and a storage for unit tests.

/** FakeClock runs timers when it is told that time passes. */
export class FakeClock {
  time = 1_000_000;
  private timers: { at: number; fn: () => void }[] = [];

  now = () => this.time;
  later = (fn: () => void, ms: number) => {
    const t = { at: this.time + ms, fn };
    this.timers.push(t);
    return t;
  };
  forget = (t: unknown) => { this.timers = this.timers.filter((x) => x !== t); };

  /** pass lets ms go by, with everything that becomes due. */
  async pass(ms: number) {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.forget(next);
      this.time = next.at;
      next.fn();
      await settled();
    }
    this.time = end;
    await settled();
  }
}

/** settled lets promises that are ready go on. */
export async function settled() {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** FakeStorage is a localStorage with a size. */
export class FakeStorage {
  readonly map = new Map<string, string>();
  constructor(public room = Infinity) {}
  get length() { return this.map.size; }
  key(i: number) { return [...this.map.keys()][i] ?? null; }
  getItem(k: string) { return this.map.get(k) ?? null; }
  removeItem(k: string) { this.map.delete(k); }
  setItem(k: string, v: string) {
    const used = [...this.map].reduce((n, [key, x]) => (key === k ? n : n + x.length), 0);
    if (used + v.length > this.room) throw new DOMException('full', 'QuotaExceededError');
    this.map.set(k, v);
  }
}
