import type { KafkaTransport } from '@heed/kafka';
import type { Relay } from '@heed/outbox';
import type { Logger } from '@heed/observability';
import { JobRunner } from './jobs.js';
import type { Job } from './jobs.js';

export interface BackgroundParts {
  readonly transport: KafkaTransport;
  /** Begins with the relay, and ends before it: what it commits last is still published from here. */
  readonly ledger: { start(): void; stop(): Promise<void> };
  readonly jobs: () => readonly Job[];
  readonly logger: Logger;
}

/** What a service does beside answering calls: relay, sequencer, consumers, jobs. Can be ended and begun again. */
export class Background {
  private relay: Relay | undefined;
  private jobs: JobRunner | undefined;

  constructor(private readonly makeRelay: () => Relay) {}

  /** Something was committed for the relay. */
  readonly poke = (): void => this.relay?.poke();

  start({ transport, ledger, jobs, logger }: BackgroundParts): void {
    transport.listen(() => undefined);
    this.relay = this.makeRelay();
    this.relay.start();
    ledger.start();
    this.jobs = new JobRunner(jobs(), logger);
    this.jobs.start();
  }

  /** @param drain what else ends before the relay, so that what it commits is still published from here */
  async stop({ transport, ledger }: Pick<BackgroundParts, 'transport' | 'ledger'>, drain: () => Promise<void> = async () => undefined): Promise<void> {
    await this.jobs?.stop();
    await Promise.all([drain(), transport.close()]); // consumers finish their batch and leave their groups
    await ledger.stop();
    await this.relay?.stop();
    this.relay = undefined;
    this.jobs = undefined;
  }
}
