import { createKafka } from '@heed/kafka';
import { testServers } from '@heed/testing';
import { createHmac, randomUUID } from 'node:crypto';
import type { ConsentUnderTest } from './consent-under-test.js';

export interface StateValue {
  readonly ref: string;
  readonly version: number;
  readonly build: number;
  readonly purposes: Readonly<Record<string, { readonly state: string; readonly recordId: string; readonly validUntil?: string }>>;
  readonly domains?: Readonly<Record<string, StateValue['purposes']>>;
}

/** Reads a consent-state topic as any client would: the newest record of each key, and which keys were taken back. */
export class ConsentStateReader {
  readonly latest = new Map<string, Record<string, unknown>>();
  readonly gone = new Set<string>();
  /** Every key as often as it came. */
  readonly order: string[] = [];

  private constructor(
    readonly key: Buffer,
    private readonly end: () => Promise<void>,
  ) {}

  static async of(consent: ConsentUnderTest, tenant = 'ajuni'): Promise<ConsentStateReader> {
    const answer = await consent.service.call('GET', '/v1/consents/state-key', { tenant, roles: ['platform'] });
    if (answer.status !== 200) throw new Error(`state-key: ${answer.status} ${JSON.stringify(answer.body)}`);
    const consumer = createKafka({ brokers: [testServers().brokers], clientId: 'state-reader' }).consumer({ groupId: `state-${randomUUID()}`, maxWaitTimeInMs: 100 });
    const reader = new ConsentStateReader(Buffer.from(String(answer.body['key']), 'base64url'), () => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topic: `${consent.bed.topicPrefix}${String(answer.body['topic'])}`, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        reader.take(String(message.key), message.value);
      },
    });
    return reader;
  }

  keyOf(text: string, key = this.key): string {
    return createHmac('sha256', key).update(text).digest('base64url');
  }

  /** What stands of somebody. @example reader.of('email|ada@example.com') */
  of(text: string): StateValue | undefined {
    return this.latest.get(this.keyOf(text)) as StateValue | undefined;
  }

  heartbeat(): { readonly completeUntil: string; readonly epoch: number; readonly build: number; readonly policyVersion: number } | undefined {
    return this.latest.get('heartbeat') as ReturnType<ConsentStateReader['heartbeat']>;
  }

  stop(): Promise<void> {
    return this.end();
  }

  private take(key: string, value: Buffer | null): void {
    this.order.push(key);
    if (value === null) {
      this.latest.delete(key);
      this.gone.add(key);
    } else {
      this.latest.set(key, JSON.parse(String(value)) as Record<string, unknown>);
      this.gone.delete(key);
    }
  }
}
