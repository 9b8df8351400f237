import { inWords } from '@heed/persistence';
import type { Progress } from '@heed/persistence';

/** Where nobody watches, a line at most so often: a log of a thousand tenants stays short. */
const EVERY_MS = 2000;

/** Shows how far a long job is: one line that changes on a terminal, a line now and then elsewhere. */
export class ProgressLine {
  private toldAt: number;

  constructor(
    private readonly out: { readonly isTTY?: boolean; write(text: string): unknown },
    private readonly title: string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.toldAt = now();
  }

  show(progress: Progress): void {
    const last = progress.done === progress.total;
    const text = `${this.title}: ${inWords(progress)}`;
    if (this.out.isTTY === true) {
      this.out.write(`\r\u001b[K${text}${last ? '\n' : ''}`);
    } else if (last || this.now() - this.toldAt >= EVERY_MS) {
      this.toldAt = this.now();
      this.out.write(`${text}\n`);
    }
  }
}
