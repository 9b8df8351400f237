import { randomUUID } from 'node:crypto';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { Ending } from './ending.js';
import type { TopicRecord } from './records.js';

export interface StateConsumerOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  /** Groups begin with it; the brokers grant a tenant's own. */
  readonly groupPrefix: string;
  readonly take: (record: TopicRecord) => void;
  /** All that was there when the reading began has been read. */
  readonly onEnd: () => void;
  /** The topic is not the one that was read so far. */
  readonly onBeginAgain: () => void;
  readonly onTrouble: (error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const PAUSE_MS = 1000;
/** Half of what Kafka keeps a tombstone for (`delete.retention.ms`): after a longer break some may be gone that were never read. */
const LONGEST_BREAK_MS = 43_200_000;

/**
 * Reads a consent-state topic from its beginning and then on and on: alone in its group, committing nothing, so that every
 * process reads everything. Whatever happens to the brokers, it goes on where it was.
 */
export class StateConsumer {
  private consumer: Consumer | undefined;
  private next = 0n;
  /** The latest of what was read, by the records' own times. */
  private newest = 0;
  /** When something was read last, by each clock. */
  private readAt: readonly number[];
  private readonly ending = new Ending();
  private readonly closing = Promise.withResolvers<void>();
  private running: Promise<void> | undefined;

  constructor(private readonly options: StateConsumerOptions) {
    this.readAt = this.clocks();
  }

  start(): void {
    this.running ??= this.keepReading();
  }

  async close(): Promise<void> {
    this.ending.end();
    this.closing.resolve();
    await this.running;
  }

  private async keepReading(): Promise<void> {
    while (!this.ending.ended) {
      try {
        const reading = this.readUntilBroken();
        reading.catch(() => undefined); // after the closing nobody waits for it: a broker that is gone is tried for some seconds more
        await Promise.race([reading, this.closing.promise]);
      } catch (error) {
        if (!this.ending.ended) this.options.onTrouble(error);
      }
      await this.consumer?.disconnect().catch(() => undefined);
      await this.ending.pause(PAUSE_MS);
    }
  }

  /** kafkajs begins again by itself after most troubles; this ends with those after which it does not. */
  private async readUntilBroken(): Promise<void> {
    const consumer = this.options.kafka.consumer({
      groupId: `${this.options.groupPrefix}heed-sdk.${randomUUID()}`, allowAutoTopicCreation: false,
      sessionTimeout: 6000, heartbeatInterval: 500, maxWaitTimeInMs: 100, maxBytesPerPartition: 4_194_304,
    });
    this.consumer = consumer;
    await consumer.connect();
    await consumer.subscribe({ topic: this.options.topic, fromBeginning: true });
    if (this.ending.ended) return consumer.disconnect();
    const broken = new Promise<never>((_, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => (payload.restart ? this.options.onTrouble(payload.error) : reject(payload.error)));
      consumer.on(consumer.events.STOP, () => reject(new Error('stopped')));
    });
    broken.catch(() => undefined);
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: (payload) => this.eachBatch(consumer, payload) });
    await broken;
  }

  private async eachBatch(consumer: Consumer, { batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const { messages, highWatermark, partition, topic } = batch;
    if (partition !== 0) throw new Error(`${topic} has several partitions: nothing could say up to when it is complete`);
    const readAt = this.clocks();
    const broke = Math.max(...readAt.map((time, i) => time - this.readAt[i]!));
    this.readAt = readAt;
    if (broke > LONGEST_BREAK_MS && this.next > 0n) {
      this.beginAgain();
      return consumer.seek({ topic, partition, offset: '0' });
    }
    // A topic that was made anew has less in it than was read, or something newer before that place.
    const known = messages.filter(({ offset }) => BigInt(offset) < this.next);
    if (BigInt(highWatermark) < this.next || known.some(({ timestamp }) => Number(timestamp) > this.newest)) this.beginAgain();
    else if (known.length > 0 && known.length === messages.length) {
      // After a rejoin kafkajs reads from the beginning, for nothing was committed: what was read is not read again.
      return consumer.seek({ topic, partition, offset: String(this.next) });
    }
    let since = Date.now();
    for (const { key, value, offset, timestamp } of messages) {
      if (!isRunning() || isStale()) return;
      if (BigInt(offset) < this.next) continue;
      this.takeOne({ key, value });
      this.next = BigInt(offset) + 1n;
      this.newest = Math.max(this.newest, Number(timestamp));
      if (Date.now() - since < 200) continue;
      resolveOffset(offset);
      await heartbeat(); // others get their turn as well while millions are read
      await new Promise((resolve) => setImmediate(resolve));
      since = Date.now();
    }
    const last = messages.at(-1);
    if (last) resolveOffset(last.offset);
    // The end of a compacted topic may be a gap: what follows the last record is nothing.
    if (BigInt(batch.lastOffset()) + 1n >= BigInt(highWatermark)) this.options.onEnd();
    await heartbeat();
  }

  /** One may stand still while the computer sleeps, the other may be set back. */
  private clocks(): readonly number[] {
    return [this.options.now?.() ?? Date.now(), performance.now()];
  }

  /** The view answers no from then on; the reading goes on. */
  private takeOne(record: TopicRecord): void {
    try {
      this.options.take(record);
    } catch (error) {
      this.options.onTrouble(error);
    }
  }

  /** What Kafka no longer has before the place that was read up to is lost. */
  readonly beginAgain = (): void => {
    this.next = 0n;
    this.newest = 0;
    this.options.onBeginAgain();
  };
}
