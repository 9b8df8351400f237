import type { StoreConnector } from '@heed/connector-spi';
import { BatchRunner } from '@heed/kafka';
import type { Kafka, Publisher } from '@heed/kafka';
import { fillTopic, isHeedError, Loop } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { acknowledger } from './acknowledgement/acknowledge.js';
import { milliseconds } from './config/agent-file.js';
import type { AgentFile, StoreConfig } from './config/agent-file.js';
import { intake } from './intake/intake.js';
import type { AgentKeyRing } from './keys/agent-key-ring.js';
import { Opener } from './work/opener.js';
import { Outage } from './work/outage.js';
import { StoreWorker } from './work/store-worker.js';

export interface ServedStoreOptions {
  readonly file: AgentFile;
  readonly store: StoreConfig;
  readonly connector: StoreConnector;
  readonly keys: AgentKeyRing;
  readonly kafka: Kafka;
  readonly publisher: Publisher;
  readonly topicPrefix: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly buries: boolean;
}

/**
 * One store with its consumer, inbox and workers. Each store has a consumer group of its own: one that is away stops
 * its own offsets only, and the others go on.
 */
export class ServedStore {
  private readonly worker: StoreWorker;
  private readonly runner: BatchRunner;
  private readonly preparing: Loop;

  constructor(private readonly options: ServedStoreOptions) {
    const { file, store, connector, keys, clock, logger, topicPrefix, publisher } = options;
    this.worker = new StoreWorker({
      connector,
      clock,
      logger,
      opener: new Opener({ tenant: file.tenant, store: store.id, keys: () => keys.decrypting }),
      batch: file.limits.batch,
      chunkRows: file.limits.chunkRows,
      secondLookAfter: milliseconds(file.limits.secondLookAfter),
      acknowledge: acknowledger({
        tenant: file.tenant,
        store: store.id,
        connector,
        signingKey: () => keys.signing,
        source: `/heed/store-agent/${file.tenant}/${file.name}`,
        topicPrefix,
        clock,
        publish: (messages) => publisher.publish(messages),
      }),
    });
    const topic = `${topicPrefix}${fillTopic('heed.t.{tenant}.commands.v1', { tenant: file.tenant })}`;
    this.runner = new BatchRunner({
      kafka: options.kafka,
      groupId: `${topicPrefix}heed.agent.${file.tenant}.${file.name}.${store.id}`,
      topics: () => Promise.resolve([topic]),
      handle: intake({ tenant: file.tenant, store: store.id, connector, buries: options.buries, onStored: () => this.worker.poke() }),
      logger,
    });
    this.preparing = this.preparation();
  }

  start(): void {
    this.preparing.start();
  }

  async stop(): Promise<void> {
    await this.preparing.stop();
    await this.runner.stop();
    await this.worker.stop();
    await this.options.connector.close();
  }

  /** Until the store has answered once and the map fits, nothing is consumed for it. */
  private preparation(): Loop {
    const outage = new Outage(this.options.logger, 'the store');
    const loop = new Loop({
      step: async () => {
        await this.options.connector.prepare();
        loop.finish();
        outage.succeeded();
        this.worker.start();
        this.runner.start();
        this.options.logger.info('store is served');
        return false;
      },
      onError: (error) => outage.failed(isHeedError(error) ? error.code : 'agent_error', error),
    });
    return loop;
  }
}
