import type { InterruptiblePause } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { consumed, consumerLag } from '@heed/observability';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { DeadLetter, IncomingRecord } from './dead-letter.js';
import type { DeadLetterSender } from './dead-letter-sender.js';
import { PartitionBackoff } from './partition-backoff.js';

export interface BatchHandlerOptions {
  readonly groupId: string;
  readonly handle: (records: readonly IncomingRecord[]) => Promise<readonly DeadLetter[]>;
  readonly deadLetters: DeadLetterSender;
  readonly logger: Logger;
  /** Ended when the runner stops. */
  readonly pause: InterruptiblePause;
  readonly maxBatch: number;
}

const HEARTBEAT_MS = 1000;

/**
 * What one consumer does with a fetched batch: slice by slice it is handled, what is poison is taken aside, and only then
 * is the offset committed. Where handling fails again and again its partition alone is paused, and the batch is given
 * back: kafkajs fetches no partition while another's batch is held, so waiting here would stop every tenant of the group.
 */
export class BatchHandler {
  private readonly backoff = new PartitionBackoff();

  constructor(private readonly options: BatchHandlerOptions) {}

  async handle(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat } = payload;
    const beat = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
    try {
      for (let from = 0; from < batch.messages.length; from += this.options.maxBatch) {
        const done = await this.handleSlice(payload, batch.messages.slice(from, from + this.options.maxBatch));
        // Nothing is sought: what is not resolved is fetched again, by this consumer from where it stopped and by another
        // from the committed offset. A seek would outlive a rebalance and rewind the partition when it comes back.
        if (!done) return;
      }
    } finally {
      clearInterval(beat);
    }
  }

  /** The consumer is over. */
  end(): void {
    this.backoff.end();
  }

  private async handleSlice(payload: EachBatchPayload, messages: readonly KafkaMessage[]): Promise<boolean> {
    const { topic, partition } = payload.batch;
    const last = messages.at(-1);
    if (!last) return true;
    const dead = await this.tryOut(payload, messages.map((message): IncomingRecord => ({ topic, partition, ...message })));
    if (!dead || !(await this.options.deadLetters.bury(dead))) return false;
    payload.resolveOffset(last.offset);
    const next = BigInt(last.offset) + 1n;
    await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: next.toString() }] }] });
    consumed.inc({ group: this.options.groupId, result: 'handled' }, messages.length - dead.length);
    this.tellLag(payload, next);
    return true;
  }

  /** Undefined when the partition was paused, or when the consumer or the runner ends before the work succeeded. */
  private async tryOut(payload: EachBatchPayload, records: readonly IncomingRecord[]): Promise<readonly DeadLetter[] | undefined> {
    const { topic, partition } = payload.batch;
    while (payload.isRunning() && !this.options.pause.ended) {
      try {
        const dead = await this.options.handle(records);
        this.backoff.succeeded(topic, partition);
        return dead;
      } catch (error) {
        const { failures, ms, onTheSpot } = this.backoff.failed(topic, partition);
        const level = failures === 1 || failures % 20 === 0 ? 'warn' : 'debug';
        this.options.logger[level]({ group: this.options.groupId, topic, partition, attempt: failures, err: error }, 'batch waits and is tried again');
        if (!onTheSpot) {
          this.backoff.resumeAfter(ms, payload.pause());
          this.tellLag(payload, BigInt(records[0]?.offset ?? 0));
          return undefined;
        }
        await this.options.pause.for(ms);
      }
    }
    return undefined;
  }

  private tellLag({ batch }: EachBatchPayload, next: bigint): void {
    const labels = { group: this.options.groupId, topic: batch.topic, partition: String(batch.partition) };
    consumerLag.set(labels, Number(BigInt(batch.highWatermark) - next));
  }
}
