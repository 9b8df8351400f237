import { printRemark } from './print.js';

const EVERY_MS = 200;
const PLAIN_EVERY = 50_000;

/** How far a long work is: one line that changes on a terminal, a plain line now and then elsewhere. Always on standard error. */
export class Progress {
  private readonly began = performance.now();
  private shownAt = 0;
  private toldAt = 0;

  constructor(
    private readonly what: string,
    private readonly terminal = process.stderr.isTTY,
  ) {}

  tell(count: number): void {
    if (!this.terminal) {
      if (count - this.toldAt < PLAIN_EVERY) return;
      this.toldAt = count - (count % PLAIN_EVERY);
      return printRemark(`  ${this.line(count)}`);
    }
    const now = performance.now();
    if (now - this.shownAt < EVERY_MS) return;
    this.shownAt = now;
    process.stderr.write(`\r  ${this.line(count)}\u001b[K`);
  }

  /** Clears the line. */
  end(): void {
    if (this.terminal && this.shownAt > 0) process.stderr.write('\r\u001b[K');
  }

  private line(count: number): string {
    const seconds = (performance.now() - this.began) / 1000;
    return `${count} ${this.what}, ${Math.round(count / Math.max(seconds, 0.001))} a second`;
  }
}
