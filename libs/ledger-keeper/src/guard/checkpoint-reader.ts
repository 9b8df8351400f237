import { ledgerCheckpoint } from '@heed/contracts-ledger';
import { fillTopic } from '@heed/kernel';
import type { Kafka } from '@heed/kafka';
import { readCheckpoint } from '@heed/ledger';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

type Admin = ReturnType<Kafka['admin']>;

/** The note of each ledger of this service that says most, of those that Kafka has, by tenant; not yet verified. */
export type ToldCheckpoints = ReadonlyMap<string, string>;

interface Told {
  readonly size: number;
  readonly note: string;
}

export interface CheckpointReaderOptions {
  readonly kafka: Kafka;
  readonly service: string;
  readonly topicPrefix: string;
}

/** Reads the compacted topic of checkpoints from its beginning to its present end. */
export class CheckpointReader {
  private readonly topic: string;

  constructor(private readonly options: CheckpointReaderOptions) {
    this.topic = options.topicPrefix + fillTopic(ledgerCheckpoint.topics[0] ?? '', {});
  }

  /** Waits for a Kafka that is away, for as long as it is. @throws when `signal` is aborted, or where the topic may not be read */
  async read(signal: AbortSignal): Promise<ToldCheckpoints> {
    const ends = await this.ends();
    const told = new Map<string, Told>();
    if (ends.size > 0) await this.readTo(ends, told, signal);
    return new Map([...told].map(([tenant, { note }]) => [tenant, note]));
  }

  /** Partitions that hold something, and where each ends now. */
  private async ends(): Promise<Map<number, bigint>> {
    const admin = this.options.kafka.admin();
    try {
      await admin.connect();
      const offsets = await this.offsets(admin);
      return new Map(offsets.filter(({ high, low }) => BigInt(high) > BigInt(low)).map(({ partition, high }) => [partition, BigInt(high)]));
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }

  /** kafkajs gives up at once where the leader of a partition is just changing; a moment later there is one. */
  private async offsets(admin: Admin, tries = 20): Promise<Awaited<ReturnType<Admin['fetchTopicOffsets']>>> {
    try {
      return await admin.fetchTopicOffsets(this.topic);
    } catch (error) {
      if (tries <= 1 || !(error instanceof Error && 'retriable' in error && error.retriable === true)) throw error;
      await setTimeout(100);
      return this.offsets(admin, tries - 1);
    }
  }

  /** In a group of its own, which commits nothing and is forgotten by the brokers when it is empty. */
  private async readTo(ends: Map<number, bigint>, told: Map<string, Told>, signal: AbortSignal): Promise<void> {
    const groupId = `${this.options.topicPrefix}heed.${this.options.service}.checkpoints.${randomUUID()}`;
    const consumer = this.options.kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [this.topic], fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        const stop = (): void => reject(new Error('the checkpoints were not read to their end'));
        if (signal.aborted) return stop();
        signal.addEventListener('abort', stop, { once: true });
        consumer.on(consumer.events.CRASH, ({ payload }) => (payload.restart ? undefined : reject(payload.error)));
        consumer
          .run({
            autoCommit: false,
            eachBatch: async ({ batch }) => {
              for (const { key, value } of batch.messages) this.keep(told, key, value);
              if (BigInt(batch.lastOffset()) + 1n >= (ends.get(batch.partition) ?? 0n)) ends.delete(batch.partition);
              if (ends.size === 0) resolve();
            },
          })
          .catch(reject);
      });
    } finally {
      await consumer.disconnect().catch(() => undefined);
    }
  }

  private keep(told: Map<string, Told>, key: Buffer | null, value: Buffer | null): void {
    const [, service, tenant] = key?.toString().split('/') ?? [];
    if (service !== this.options.service || tenant === undefined || value === null) return;
    const parsed = ledgerCheckpoint.data.safeParse(parse(value));
    // What was told last is not the newest where an event was published twice; and what is said around a note is not signed.
    if (parsed.success && parsed.data.origin === key?.toString() && saysSo(parsed.data) && parsed.data.size >= (told.get(tenant)?.size ?? 0)) told.set(tenant, parsed.data);
  }
}

/** Else an old note, told as if it were of a great size, would hide the newer ones. */
function saysSo({ origin, size, note }: Told & { readonly origin: string }): boolean {
  try {
    const { checkpoint } = readCheckpoint(note);
    return checkpoint.origin === origin && checkpoint.size === size;
  } catch {
    return false;
  }
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}
