import { InterruptiblePause } from './pause.js';

export interface LoopOptions {
  /** One step; true when there may be more to do at once. */
  readonly step: () => Promise<boolean>;
  readonly onError: (error: unknown) => void;
  readonly onSuccess?: () => void;
  /** Pause when there is nothing to do and nobody pokes. Default a minute. */
  readonly idleMs?: number;
  /**
   * At least so long from one step's beginning to the next when poked. The first after a quiet time begins at once; under
   * load, work gathers into larger batches. Default 0.
   */
  readonly paceMs?: number;
}

const RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;

/** Steps until it is stopped: at once while there is work, else when poked or after a pause; backs off on errors. */
export class Loop {
  private readonly pause = new InterruptiblePause();
  private poked = false;
  private running: Promise<void> | undefined;

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  poke(): void {
    this.poked = true;
    this.pause.poke();
  }

  /** No further step; for loops that end when they have succeeded once. */
  finish(): void {
    this.pause.end();
  }

  /** Finishes the step at hand. */
  async stop(): Promise<void> {
    this.pause.end();
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.pause.ended) {
      try {
        this.poked = false;
        const begun = performance.now();
        const busy = await this.options.step();
        failures = 0;
        this.options.onSuccess?.();
        if (busy) continue;
        if (!this.poked) await this.pause.untilPoked(this.options.idleMs ?? 60_000);
        const early = begun + (this.options.paceMs ?? 0) - performance.now();
        if (early > 0) await this.pause.for(early);
      } catch (error) {
        this.options.onError(error);
        failures += 1;
        await this.pause.for(Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(failures, 8)));
      }
    }
  }
}
