import { ingressConsentGiven, ingressConsentGivenV2, ingressConsentWithdrawn, ingressConsentWithdrawnV2 } from '@heed/contracts-ingress';
import type { DecisionSet, WithdrawalCall } from '@heed/contracts-ingress';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { causeOf, derivedId, isHeedError } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { Controller } from '@nestjs/common';
import { isAgeRefusal, LearnAges } from '../children/learn-ages.use-case.js';
import type { DecisionCall } from './decision-call.js';
import { DeniedPurposes, grantedIn } from './denied-purposes.js';
import { RecordDecisions } from './record-decisions.use-case.js';

/** Decisions that any Kafka client of the tenant publishes; `ce_id` is their idempotency key, `ce_time` when it happened. */
@Controller()
export class IngressConsumer {
  constructor(
    private readonly decisions: RecordDecisions,
    private readonly denied: DeniedPurposes,
    private readonly ages: LearnAges,
  ) {}

  @Consumes('ingress', ingressConsentWithdrawn)
  async onWithdrawn({ events, tx }: EventBatch<typeof ingressConsentWithdrawn>): Promise<void> {
    await this.record(tx, events.map(withdrawalOf));
  }

  @Consumes('ingress', ingressConsentWithdrawnV2)
  async onWithdrawnV2({ events, tx }: EventBatch<typeof ingressConsentWithdrawnV2>): Promise<void> {
    await this.record(tx, events.map(withdrawalOf));
  }

  @Consumes('ingress', ingressConsentGiven)
  async onGiven({ events, tx }: EventBatch<typeof ingressConsentGiven>): Promise<void> {
    await this.record(tx, events.map(decisionOf));
  }

  @Consumes('ingress', ingressConsentGivenV2)
  async onGivenV2({ events, tx }: EventBatch<typeof ingressConsentGivenV2>): Promise<void> {
    await this.record(tx, events.map(decisionOf));
  }

  private async record(tx: Tx, calls: readonly DecisionCall[]): Promise<void> {
    try {
      await this.decisions.record(tx, calls);
    } catch (error) {
      // One alone: the runner has taken the batch apart. The attempt is evidence, so it is kept and not dead-lettered.
      const [call] = calls;
      if (calls.length !== 1 || !call || !isHeedError(error)) throw error;
      if (isAgeRefusal(error.code)) return this.ages.learn(tx, [call]);
      if (error.code !== 'purpose_denied') throw error;
      await this.denied.record(tx, { ...call, purposes: grantedIn(call.decisions) });
    }
  }
}

function withdrawalOf(event: HeedEvent<WithdrawalCall>): DecisionCall {
  const { subject, channel, purposes, jurisdiction, domain } = event.data;
  const decisions = purposes === 'all' ? ('withdraw_all' as const) : purposes.map((purpose) => ({ purpose, decision: 'withdrawn' as const }));
  return { ...callOf(event), subject, decisions, channel: channel === 'api' ? 'kafka' : channel, jurisdiction, domain };
}

function decisionOf(event: HeedEvent<DecisionSet>): DecisionCall {
  const { subject, decisions, method, notice, jurisdiction, domain, age, childSignal, parentalConsent, ip } = event.data;
  return { ...callOf(event), subject, decisions, channel: method === 'api' ? 'kafka' : method, notice, jurisdiction, domain, age, childSignal, parentalConsent, network: ip };
}

function callOf(event: HeedEvent<{ occurredAt?: string | undefined }>): Pick<DecisionCall, 'id' | 'actor' | 'cause' | 'occurredAt'> {
  return {
    id: derivedId(event.tenant, event.source, event.id), actor: event.source, cause: causeOf(event),
    occurredAt: event.data.occurredAt ?? event.time.toISOString(),
  };
}
