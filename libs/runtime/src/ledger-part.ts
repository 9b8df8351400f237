import type { ServiceEnvironment } from '@heed/config';
import { CheckpointReader, Ledger, LedgerGuard, LedgerKey, LedgerModule, LedgerReader, PruneLedgers, SeenHeads, Sequencer } from '@heed/ledger-keeper';
import type { Gate } from '@heed/kernel';
import type { DynamicModule } from '@nestjs/common';
import type { Job } from './jobs.js';
import type { Platform } from './platform.module.js';

const PRUNE_EVERY_MS = 3_600_000;

/** What every service has, so that its tenants' ledgers are kept, can be read, and never go back unnoticed. */
export class LedgerPart {
  readonly ledger: Ledger;
  private readonly seen: SeenHeads;
  private sequencer: Sequencer | undefined;

  private constructor(
    private readonly key: LedgerKey,
    alarm: () => void,
  ) {
    this.ledger = new Ledger(key);
    this.seen = new SeenHeads(alarm);
  }

  /** @param alarm told when a ledger has gone back while the service runs */
  static async open(service: string, environment: ServiceEnvironment, alarm: () => void): Promise<LedgerPart> {
    return new LedgerPart(await LedgerKey.open(service, environment.HEED_KEYS_DIR), alarm);
  }

  /** A service's API with that of its ledgers. */
  static describe(module: DynamicModule): DynamicModule {
    return LedgerModule.around(module, () => {
      throw new Error('a description serves nothing');
    });
  }

  /** A transaction of this tenant that recorded something was committed. */
  readonly poke = (tenant: string): void => this.sequencer?.poke(tenant);

  around(module: DynamicModule, { unitOfWork }: Platform): DynamicModule {
    const provisions = { ledger: this.ledger, reader: new LedgerReader(this.key.service, this.ledger, unitOfWork) };
    return LedgerModule.around(module, () => provisions);
  }

  gate({ database, unitOfWork, kafka, environment, logger }: Platform): Gate & { stop(): Promise<void> } {
    const { key, seen } = this;
    const checkpoints = new CheckpointReader({ kafka, service: key.service, topicPrefix: environment.HEED_TOPIC_PREFIX });
    return new LedgerGuard({ key, seen, database, unitOfWork, checkpoints, logger });
  }

  jobs({ database, unitOfWork, logger, environment }: Platform): readonly Job[] {
    const prune = new PruneLedgers({ database, unitOfWork, logger, plans: environment.HEED_AUDIT_PLANS });
    return [{ name: 'prune-ledgers', everyMs: PRUNE_EVERY_MS, run: () => prune.run() }];
  }

  start({ database, unitOfWork, outbox, logger }: Platform): void {
    this.sequencer = new Sequencer({ key: this.key, seen: this.seen, database, unitOfWork, outbox, logger });
    this.sequencer.start();
  }

  /** Finishes the turns at hand; what they commit is published if the relay ends later. */
  async stop(): Promise<void> {
    await this.sequencer?.stop();
    this.sequencer = undefined;
  }
}
