/**
 * The pauses of something that runs until it is stopped: as many at once as it has strands, each over after its time or
 * when the owner ends, those that wait for news also when it is poked.
 * @example
 * while (!pause.ended) { await work(); await pause.untilPoked(60_000); }
 */
export class InterruptiblePause {
  private readonly sleepers = new Set<() => void>();
  private readonly listeners = new Set<() => void>();
  private over = false;

  /** True once the owner has ended: no pause lasts any more. */
  get ended(): boolean {
    return this.over;
  }

  /** Milliseconds that a poke does not shorten: between two tries of what has failed. */
  async for(ms: number): Promise<void> {
    await this.sleep(ms, this.sleepers);
  }

  /** Milliseconds, or until the next poke. One from before is not remembered. */
  async untilPoked(ms: number): Promise<void> {
    await this.sleep(ms, this.listeners);
  }

  /** There is news for those that wait for it. */
  poke(): void {
    for (const wake of this.listeners) wake();
  }

  /** Ends every pause, now and from now on. */
  end(): void {
    this.over = true;
    this.poke();
    for (const wake of this.sleepers) wake();
  }

  private sleep(ms: number, among: Set<() => void>): Promise<void> {
    if (this.over) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        among.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      among.add(wake);
    });
  }
}
