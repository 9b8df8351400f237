import { policyActivated } from '@heed/contracts-subprocessor-registry';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { remind } from '@heed/persistence';
import { Controller } from '@nestjs/common';
import { CONSENT_STATE } from './build-state.job.js';

/** A policy that changes reaches the SDKs too, once this service's own copy has it. */
@Controller()
export class PolicyHeardConsumer {
  @Consumes('consent-state', policyActivated)
  async onActivated({ events, tx }: EventBatch<typeof policyActivated>): Promise<void> {
    const newest = Math.max(...events.map(({ data }) => data.version));
    const rows = await tx.query('UPDATE state_feed SET policy_heard = $1 WHERE policy_heard < $1 RETURNING active', [newest]);
    if (rows.length > 0) await remind(tx, { work: CONSENT_STATE, at: tx.clock.now() });
  }
}
