import type { Logger } from '@heed/observability';
import { consumed, consumerLag } from '@heed/observability';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { Publisher } from './client.js';
import { deadLetterMessage } from './dead-letter.js';
import type { DeadLetter, IncomingRecord } from './dead-letter.js';

export interface BatchRunnerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  /** Asked again every two seconds, so that new tenants are followed without a restart. */
  readonly topics: () => Promise<readonly string[]>;
  /**
   * Does the work and names what can never be done. A throw is transient: the same records come again after a pause.
   */
  readonly handle: (records: readonly IncomingRecord[]) => Promise<readonly DeadLetter[]>;
  readonly logger: Logger;
  readonly maxBatch?: number;
  readonly topicsEveryMs?: number;
}

const MAX_PAUSE_MS = 5000;
/** kafkajs knows stalls after a rebalance (#659) and crashes that never restart (#1443): no fetch for this long means one. */
const STALL_MS = 30_000;

/**
 * Reads topics in batches, in order, at least once: records are handled, what is poison goes to `<topic>.dlq`, and only
 * then is the offset committed. Survives the broker's absence, at boot too.
 */
export class BatchRunner {
  private readonly deadLetters: Publisher;
  private consumer: Consumer | undefined;
  private topics: readonly string[] = [];
  private stopping = false;
  private supervision: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  private crashed = false;
  private handling = 0;
  private lastFetch = Date.now();
  private joined = false;

  constructor(private readonly options: BatchRunnerOptions) {
    this.deadLetters = new Publisher(options.kafka);
  }

  /** True once the consumer is a member of its group. */
  get ready(): boolean {
    return this.joined;
  }

  start(): void {
    this.supervision ??= this.supervise();
  }

  /** Drains: the batch at hand is finished and committed, then the group is left. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake?.();
    await this.supervision;
    await this.deadLetters.disconnect().catch(() => undefined);
  }

  private async supervise(): Promise<void> {
    const { logger, groupId } = this.options;
    await this.retrying(() => this.deadLetters.connect());
    while (!this.stopping) {
      try {
        const topics = await this.options.topics();
        const changed = topics.length !== this.topics.length || topics.some((topic) => !this.topics.includes(topic));
        const stalled = this.consumer !== undefined && this.handling === 0 && Date.now() - this.lastFetch > STALL_MS;
        if (changed || this.crashed || stalled) {
          if (this.crashed || stalled) logger.warn({ group: groupId, reason: this.crashed ? 'crashed' : 'stalled' }, 'consumer is started again');
          await this.leave();
          if (topics.length > 0) await this.join(topics);
        }
      } catch (error) {
        logger.warn({ group: groupId, err: error }, 'consumer cannot start yet');
        this.crashed = true;
      }
      await this.pause(this.crashed ? 500 : (this.options.topicsEveryMs ?? 2000));
    }
    await this.leave();
  }

  private async join(topics: readonly string[]): Promise<void> {
    const consumer = this.options.kafka.consumer({
      groupId: this.options.groupId,
      sessionTimeout: 6000,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 500,
      maxWaitTimeInMs: 100,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 1_000_000, restartOnFailure: async () => false },
    });
    this.consumer = consumer;
    this.crashed = false;
    this.lastFetch = Date.now();
    consumer.on(consumer.events.FETCH, () => (this.lastFetch = Date.now()));
    consumer.on(consumer.events.GROUP_JOIN, () => (this.joined = true));
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.options.logger.debug({ group: this.options.groupId, err: payload.error }, 'consumer crashed');
      this.crashed = true;
      this.joined = false;
      this.wake?.();
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: (payload) => this.eachBatch(payload) });
    this.topics = topics;
  }

  private async leave(): Promise<void> {
    const consumer = this.consumer;
    this.consumer = undefined;
    this.topics = [];
    this.joined = false;
    if (!consumer) return;
    await Promise.race([consumer.disconnect(), new Promise((resolve) => setTimeout(resolve, 10_000).unref())]).catch(() => undefined);
  }

  private async eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset, isRunning, isStale, commitOffsetsIfNecessary } = payload;
    const alive = (): boolean => isRunning() && !isStale() && !this.stopping;
    const beat = setInterval(() => void heartbeat().catch(() => undefined), 1000);
    this.handling += 1;
    try {
      const size = this.options.maxBatch ?? 500;
      for (let from = 0; from < batch.messages.length && alive(); from += size) {
        const messages = batch.messages.slice(from, from + size);
        const records = messages.map((message): IncomingRecord => ({ topic: batch.topic, partition: batch.partition, ...message }));
        const dead = await this.handleUntilDone(records, alive);
        if (!dead) return;
        await this.bury(dead);
        const last = messages[messages.length - 1]!;
        resolveOffset(last.offset);
        const next = (BigInt(last.offset) + 1n).toString();
        await commitOffsetsIfNecessary({ topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset: next }] }] });
        consumed.inc({ group: this.options.groupId, result: 'handled' }, records.length - dead.length);
        consumerLag.set(
          { group: this.options.groupId, topic: batch.topic, partition: String(batch.partition) },
          Number(BigInt(batch.highWatermark) - BigInt(next)),
        );
      }
    } finally {
      clearInterval(beat);
      this.handling -= 1;
      this.lastFetch = Date.now();
    }
  }

  /** Undefined when the partition was taken away or the runner stops before the work succeeded. */
  private async handleUntilDone(records: readonly IncomingRecord[], alive: () => boolean): Promise<readonly DeadLetter[] | undefined> {
    for (let attempt = 1; alive(); attempt += 1) {
      try {
        return await this.options.handle(records);
      } catch (error) {
        const level = attempt === 1 || attempt % 20 === 0 ? 'warn' : 'debug';
        this.options.logger[level]({ group: this.options.groupId, topic: records[0]?.topic, attempt, err: error }, 'batch waits and is tried again');
        await this.pause(Math.min(MAX_PAUSE_MS, 50 * 2 ** Math.min(attempt, 10)));
      }
    }
    return undefined;
  }

  private async bury(dead: readonly DeadLetter[]): Promise<void> {
    if (dead.length === 0) return;
    const messages = dead.map((letter) => deadLetterMessage(letter, this.options.groupId));
    // One by one: together they may be larger than the broker takes in one batch.
    for (const message of messages) await this.retrying(() => this.deadLetters.publish([message]));
    for (const letter of dead) {
      consumed.inc({ group: this.options.groupId, result: 'dead_lettered' });
      const { topic, partition, offset } = letter.record;
      this.options.logger.warn({ group: this.options.groupId, topic, partition, offset, code: letter.code, reason: letter.reason }, 'record dead-lettered');
    }
  }

  private async retrying(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.stopping) throw error;
        this.options.logger.warn({ group: this.options.groupId, err: error }, 'Kafka does not take dead letters yet');
        await this.pause(500);
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    if (this.stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
