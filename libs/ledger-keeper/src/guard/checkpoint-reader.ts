import { ledgerCheckpoint } from '@heed/contracts-ledger';
import { fillTopic } from '@heed/kernel';
import { readToEnd } from '@heed/kafka';
import type { Kafka } from '@heed/kafka';
import { readCheckpoint } from '@heed/ledger';
import { randomUUID } from 'node:crypto';

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
    const { kafka, service, topicPrefix } = this.options;
    const told = new Map<string, Told>();
    const groupId = `${topicPrefix}heed.${service}.checkpoints.${randomUUID()}`;
    await readToEnd({ kafka, groupId, topics: [this.topic], signal, take: ({ key, value }) => this.keep(told, key, value) });
    return new Map([...told].map(([tenant, { note }]) => [tenant, note]));
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
