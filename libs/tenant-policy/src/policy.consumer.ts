import { policyActivated } from '@heed/contracts-subprocessor-registry';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { PolicyStore } from './policy-store.js';

/** Keeps a service's copy of each tenant's policy versions. */
@Controller()
export class PolicyConsumer {
  constructor(private readonly policies: PolicyStore) {}

  @Consumes('registry', policyActivated)
  async onActivated({ events, tx }: EventBatch<typeof policyActivated>): Promise<void> {
    for (const { data } of events) await this.policies.keep(tx, data);
  }
}
