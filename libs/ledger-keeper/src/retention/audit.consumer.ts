import { policyActivated } from '@heed/contracts-subprocessor-registry';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { auditSection } from './audit-rule.js';
import { keepAudit } from './retention.store.js';

/** How long each tenant's records are kept, as its policy in force says. */
@Controller()
export class AuditConsumer {
  @Consumes('ledger', policyActivated)
  async onActivated({ events, tx }: EventBatch<typeof policyActivated>): Promise<void> {
    for (const { data } of events) {
      const audit = auditSection.safeParse(data.pack['audit']);
      if (audit.success) await keepAudit(tx, data.version, audit.data);
    }
  }
}
