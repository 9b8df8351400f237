import { ingressConsentGiven, ingressConsentWithdrawn } from '@heed/contracts-ingress';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { causeOf, derivedId, isHeedError } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { Controller } from '@nestjs/common';
import { RecordDecisions } from './record-decisions.use-case.js';
import type { DecisionCall } from './record-decisions.use-case.js';

/** Decisions that any Kafka client of the tenant publishes; `ce_id` is their idempotency key, `ce_time` when it happened. */
@Controller()
export class IngressConsumer {
  constructor(private readonly decisions: RecordDecisions) {}

  @Consumes('ingress', ingressConsentWithdrawn)
  async onWithdrawn({ events, tx }: EventBatch<typeof ingressConsentWithdrawn>): Promise<void> {
    await this.record(
      tx,
      events.map((event) => ({
        ...callOf(event),
        subject: event.data.subject,
        channel: event.data.channel === 'api' ? 'kafka' : event.data.channel,
        occurredAt: event.data.occurredAt ?? event.time.toISOString(),
        decisions:
          event.data.purposes === 'all'
            ? ('withdraw_all' as const)
            : event.data.purposes.map((purpose) => ({ purpose, decision: 'withdrawn' as const })),
      })),
    );
  }

  @Consumes('ingress', ingressConsentGiven)
  async onGiven({ events, tx }: EventBatch<typeof ingressConsentGiven>): Promise<void> {
    await this.record(
      tx,
      events.map((event) => ({
        ...callOf(event),
        subject: event.data.subject,
        channel: event.data.method === 'api' ? 'kafka' : event.data.method,
        occurredAt: event.data.occurredAt ?? event.time.toISOString(),
        decisions: event.data.decisions,
        notice: event.data.notice,
      })),
    );
  }

  private async record(tx: Tx, calls: readonly DecisionCall[]): Promise<void> {
    try {
      await this.decisions.record(tx, calls);
    } catch (error) {
      // One alone: the runner has taken the batch apart. The attempt is evidence, so it is kept and not dead-lettered.
      if (calls.length !== 1 || !calls[0] || !isHeedError(error) || error.code !== 'purpose_denied') throw error;
      await this.decisions.recordDenied(tx, calls[0]);
    }
  }
}

function callOf(event: HeedEvent): Pick<DecisionCall, 'id' | 'actor' | 'cause'> {
  return { id: derivedId(event.tenant, event.source, event.id), actor: event.source, cause: causeOf(event) };
}
