// The title of the tab: the workflow's name, and how its run goes.
import type { RunStatus } from '../live/frames';

const marks: Partial<Record<RunStatus, string>> = { queued: '▶', running: '▶', waiting: '⏸', success: '✓', partial: '✗', failed: '✗' };

/** Title writes the tab's title. */
export class Title {
  private mark = '';
  private readonly product = document.title.split(' · ').at(-1) ?? '';

  constructor(private readonly name: () => string) {
    document.addEventListener('heddle:name', () => this.write());
  }

  /** show marks how the run goes. */
  show(status: RunStatus) {
    this.mark = marks[status] ?? '';
    this.write();
  }

  private write() {
    const title = [this.name(), this.product].filter(Boolean).join(' · ');
    document.title = this.mark ? `${this.mark} ${title}` : title;
  }
}
