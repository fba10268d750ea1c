// One voice for both live regions: a second between messages, the newest counts,
// and what failed goes before what went well.

/** What the voice needs; tests bring their own clock. */
export interface VoiceEnv {
  now(): number;
  later(fn: () => void, ms: number): void;
  speak(text: string, urgent: boolean): void;
}

const PAUSE = 1000;

/** Voice holds at most one message of each kind back. */
export class Voice {
  private last = -PAUSE;
  private polite: string | null = null;
  private urgent: string | null = null;
  private waiting = false;

  constructor(private readonly env: VoiceEnv) {}

  /** say speaks when it is quiet. */
  say(text: string) {
    this.polite = text;
    this.next();
  }

  /** alarm speaks before anything else that waits. */
  alarm(text: string) {
    this.urgent = text;
    this.next();
  }

  private next() {
    if (this.waiting) return;
    const wait = this.last + PAUSE - this.env.now();
    if (wait <= 0) return this.speak();
    this.waiting = true;
    this.env.later(() => {
      this.waiting = false;
      this.next();
    }, Math.ceil(wait));
  }

  private speak() {
    const urgent = this.urgent !== null, text = this.urgent ?? this.polite;
    if (text === null) return;
    if (urgent) this.urgent = null;
    else this.polite = null;
    this.last = this.env.now();
    this.env.speak(text, urgent);
    if (this.polite !== null) this.next();
  }
}
