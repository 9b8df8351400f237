import { InterruptiblePause } from '@heed/kernel';
import type { Logger } from '@heed/observability';

/** Work that comes again and again: redelivery, deadlines, clean-up. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<void>;
}

/** Runs jobs one after another each on its own beat; a failure is logged and the next beat tries again. */
export class JobRunner {
  private readonly pause = new InterruptiblePause();
  private readonly loops: Promise<void>[] = [];

  constructor(
    private readonly jobs: readonly Job[],
    private readonly logger: Logger,
  ) {}

  start(): void {
    for (const job of this.jobs) this.loops.push(this.loop(job));
  }

  async stop(): Promise<void> {
    this.pause.end();
    await Promise.all(this.loops);
  }

  private async loop(job: Job): Promise<void> {
    while (!this.pause.ended) {
      try {
        await job.run();
      } catch (error) {
        this.logger.warn({ kind: job.name, err: error }, 'a job failed and is tried again');
      }
      await this.pause.for(job.everyMs);
    }
  }
}
