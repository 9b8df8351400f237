/**
 * Of something that tries on and on until it is closed: closing ends the pause at hand, and there is none afterwards.
 * @example
 * while (!ending.ended) { await work(); await ending.pause(1000); }
 */
export class Ending {
  private over = false;
  private wake: (() => void) | undefined;

  get ended(): boolean {
    return this.over;
  }

  end(): void {
    this.over = true;
    this.wake?.();
  }

  /** Milliseconds between two tries; one at a time. */
  async pause(ms: number): Promise<void> {
    if (this.over) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
