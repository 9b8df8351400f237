import { ingressRequestSubmitted } from '@heed/contracts-ingress';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { derivedId, uuidv7 } from '@heed/kernel';
import { Controller } from '@nestjs/common';
import { ResolvePeople } from '../../person/resolve-people.job.js';
import { OpenRequests } from '../app/open-requests.use-case.js';
import { arrivedAt } from '../domain/intake.js';

/** Requests that any Kafka client of the tenant publishes; `ce_id` is their idempotency key. */
@Controller()
export class IngressConsumer {
  constructor(
    private readonly requests: OpenRequests,
    private readonly people: ResolvePeople,
  ) {}

  @Consumes('ingress', ingressRequestSubmitted)
  async onSubmitted({ events, tx }: EventBatch<typeof ingressRequestSubmitted>): Promise<void> {
    const now = tx.clock.now();
    await this.requests.open(
      tx,
      events.map((event) => ({
        id: uuidv7(now),
        origin: derivedId(event.tenant, event.source, event.id),
        body: event.data,
        actor: event.source,
        channel: event.data.channel === 'api' ? 'kafka' : event.data.channel,
        receivedAt: arrivedAt(event.time, now),
      })),
    );
    tx.afterCommit(() => this.people.hint(tx.tenant));
  }
}
