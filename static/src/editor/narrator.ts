// What a run sounds like: sums for what went well, names for what failed.
import type { Status } from '../canvas/main';

/** What the narrator speaks with. */
export interface NarratorEnv { say(text: string): void; alarm(text: string): void; label(id: string): string }

/** Narrator tells how a run goes on. */
export class Narrator {
  private run = '';
  private readonly done = new Set<string>();
  private readonly failed = new Set<string>();

  constructor(private readonly env: NarratorEnv) {}

  /** node takes in what happened to a step of a run. */
  node(run: string, id: string, status: Status) {
    if (run !== this.run) {
      this.run = run;
      this.done.clear();
      this.failed.clear();
    }
    const set = status === 'failed' ? this.failed : status === 'success' || status === 'skipped' ? this.done : null;
    if (!set || set.has(id)) return;
    set.add(id);
    if (set === this.failed) this.fail();
    const { size } = this.done;
    this.env.say(`${size} ${size === 1 ? 'step' : 'steps'} done${this.failed.size ? `, ${this.failed.size} failed` : ''}.`);
  }

  /** told reports whether anything was said about the steps of a run. */
  told(run: string): boolean {
    return run === this.run;
  }

  private fail() {
    const first = this.env.label([...this.failed][0]!);
    this.env.alarm(this.failed.size === 1 ? `${first} failed.` : `${this.failed.size} steps failed, the first is ${first}.`);
  }
}
