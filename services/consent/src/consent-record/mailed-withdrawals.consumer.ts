import { withdrawalReceived } from '@heed/contracts-dsar';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { causeOf } from '@heed/kernel';
import { withdrawablePurposes } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller } from '@nestjs/common';
import type { DecisionCall } from './decision-call.js';
import { RecordDecisions } from './record-decisions.use-case.js';

/** What people mailed to the privacy address, handed over by dsar, becomes a withdrawal like any other (AJU-17, AHU-09). */
@Controller()
export class MailedWithdrawalsConsumer {
  constructor(
    private readonly decisions: RecordDecisions,
    private readonly policies: PolicyStore,
  ) {}

  @Consumes('mail', withdrawalReceived)
  async onReceived({ events, tx }: EventBatch<typeof withdrawalReceived>): Promise<void> {
    const { pack } = await this.policies.current(tx);
    const marketing = withdrawablePurposes(pack).flatMap(({ id, marketing: is }) => (is ? [{ purpose: id, decision: 'withdrawn' as const }] : []));
    const calls = events.flatMap(({ data, ...event }): DecisionCall[] => {
      const decisions = data.scope === 'marketing' && marketing.length > 0 ? marketing : ('withdraw_all' as const);
      const cause = causeOf({ ...event, data });
      return [data.ref, ...data.aliases].map((ref) => ({
        id: data.mailId, subject: { ref }, decisions, channel: 'email', actor: event.source, occurredAt: data.receivedAt, cause,
      }));
    });
    await this.decisions.record(tx, calls);
  }
}
