import type { Logger } from '@heed/observability';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { BatchHandler } from './batch-handler.js';

export interface GroupMemberOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly handler: BatchHandler;
  readonly logger: Logger;
  readonly onCrash: () => void;
}

/** kafkajs knows stalls after a rebalance (#659) and crashes that never restart (#1443): no fetch for this long means one. */
const STALL_MS = 30_000;
const LEAVE_MS = 10_000;
/**
 * Batches handled side by side, the order within each partition kept: as many as the busiest topics have partitions, since
 * the next fetch waits for all. Each takes one connection of the service's ten while its transaction lasts.
 */
const PARTITIONS_AT_ONCE = 4;

/** One membership in a consumer group, from join to leave, for topics that never change. */
export class GroupMember {
  readonly topics: readonly string[];
  private readonly consumer: Consumer;
  private crashed = false;
  private member = false;
  private handling = 0;
  private lastFetch = Date.now();

  constructor(private readonly options: GroupMemberOptions) {
    this.topics = options.topics;
    this.consumer = options.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: 6000,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 1000,
      maxWaitTimeInMs: 500, // an idle fetch comes back this late, one with records at once
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 1_000_000, restartOnFailure: async () => false },
    });
    const { FETCH, GROUP_JOIN, CRASH } = this.consumer.events;
    this.consumer.on(FETCH, () => (this.lastFetch = Date.now()));
    this.consumer.on(GROUP_JOIN, () => (this.member = true));
    this.consumer.on(CRASH, ({ payload }) => {
      options.logger.debug({ group: options.groupId, err: payload.error }, 'consumer crashed');
      this.crashed = true;
      options.onCrash();
    });
  }

  /** True while it is a member of its group. */
  get joined(): boolean {
    return this.member && !this.crashed;
  }

  /** Why it must be replaced, if it must. */
  get trouble(): 'crashed' | 'stalled' | undefined {
    if (this.crashed) return 'crashed';
    return this.handling === 0 && Date.now() - this.lastFetch > STALL_MS ? 'stalled' : undefined;
  }

  async join(): Promise<void> {
    try {
      await this.consumer.connect();
      await this.consumer.subscribe({ topics: [...this.topics], fromBeginning: true });
      await this.consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
        eachBatch: (payload) => this.eachBatch(payload),
      });
    } catch (error) {
      this.crashed = true;
      throw error;
    }
  }

  /** Finishes the slices at hand; not longer than the group would wait. */
  async leave(): Promise<void> {
    const patience = new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref());
    await Promise.race([this.consumer.disconnect(), patience]).catch(() => undefined);
    this.options.handler.end();
  }

  private async eachBatch(payload: EachBatchPayload): Promise<void> {
    this.handling += 1;
    try {
      await this.options.handler.handle(payload);
    } finally {
      this.handling -= 1;
      this.lastFetch = Date.now();
    }
  }
}
