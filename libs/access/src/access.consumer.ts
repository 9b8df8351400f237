import { accessRevoked } from '@heed/contracts-access';
import { policyActivated } from '@heed/contracts-subprocessor-registry';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { AccessRules } from './access-rules.js';
import { tokenSeconds } from './domain/token-lifetime.js';
import { keepLifetime, keepRevocations } from './revocation.store.js';

/** What the registry says of who is let in. A group of its own: a revocation waits behind nothing. */
@Controller()
export class AccessConsumer {
  constructor(private readonly rules: AccessRules) {}

  @Consumes('access', accessRevoked)
  async onRevoked({ events, tx }: EventBatch<typeof accessRevoked>): Promise<void> {
    await keepRevocations(tx, events.map(({ data }) => data));
    tx.afterCommit(() => this.rules.forget(tx.tenant));
  }

  @Consumes('access', policyActivated)
  async onActivated({ events, tx }: EventBatch<typeof policyActivated>): Promise<void> {
    for (const { data } of events) await keepLifetime(tx, data.version, tokenSeconds(data.pack));
    tx.afterCommit(() => this.rules.forget(tx.tenant));
  }
}
