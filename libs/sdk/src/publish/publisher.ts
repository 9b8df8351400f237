import { randomUUID } from 'node:crypto';
import type { Kafka, Producer } from 'kafkajs';
import { Unavailable } from '../errors.js';
import type { ApiClient } from '../http/api-client.js';
import { headersOf, ROUTES } from './events.js';
import type { IngressEvent, Published } from './events.js';

export interface PublishOptions {
  /** `kafka` where brokers were named, else `http`. By HTTP the answer says what became of it, and what the policy refuses is thrown. */
  readonly via?: 'kafka' | 'http';
}

/** Tells Heed what happened outside: over Kafka, or over HTTP with the event's id as idempotency key. */
export class EventPublisher {
  private producer: Promise<Producer> | undefined;
  private connected: Producer | undefined;
  private closed = false;

  constructor(
    private readonly options: {
      readonly kafka: Kafka | undefined;
      readonly topic: () => Promise<string>;
      readonly api: ApiClient;
      readonly source: string;
      readonly deadlineMs: number;
    },
  ) {}

  async publish(event: IngressEvent, { via = this.options.kafka ? 'kafka' : 'http' }: PublishOptions): Promise<Published> {
    const id = event.id ?? randomUUID();
    if (via === 'http') return { id, via, answer: await this.options.api.post(ROUTES[event.type], event.data, id) };
    const headers = headersOf(event, id, this.options.source);
    await this.within(this.send({ headers, value: JSON.stringify(event.data), key: keyOf(event) }));
    return { id, via };
  }

  async close(): Promise<void> {
    this.closed = true; // one that is still trying to connect is not waited for
    await this.connected?.disconnect();
  }

  private async send(message: { headers: Record<string, string>; value: string; key: string | null }): Promise<void> {
    const topic = await this.options.topic();
    this.producer ??= this.connect().catch((error: unknown) => {
      this.producer = undefined; // the next one tries again
      throw error;
    });
    await (await this.producer).send({ topic, acks: -1, messages: [message] });
  }

  private async connect(): Promise<Producer> {
    if (!this.options.kafka) throw new Unavailable('No Kafka brokers were named.', { code: 'kafka_not_configured', retriable: false });
    const producer = this.options.kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1000 } });
    await producer.connect();
    if (this.closed) await producer.disconnect();
    return (this.connected = producer);
  }

  /** A broker that is away makes kafkajs try for long; the caller is told in time. It may have been written all the same: publish it again under its id. */
  private async within(sending: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no acknowledgement in time')), this.options.deadlineMs);
    });
    try {
      await Promise.race([sending, deadline]);
    } catch (error) {
      sending.catch(() => undefined);
      if (error instanceof Unavailable) throw error;
      throw new Unavailable('Kafka did not take the event; publish it again under the same id.', { code: 'kafka_unavailable', retriable: true, cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** By ref, one person's events stay in their order. Identifiers are no keys, for tools show keys: those are ordered by when they happened. */
function keyOf({ data }: IngressEvent): string | null {
  return 'ref' in data.subject ? data.subject.ref : null;
}
