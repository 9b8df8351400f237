import { ingressIdentityLinked } from '@heed/contracts-ingress';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { causeOf } from '@heed/kernel';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller } from '@nestjs/common';
import { LinkIdentifiers } from './link-identifiers.use-case.js';
import { normaliseAll } from './normalise-all.js';

/**
 * Log-ins and proven addresses as platform teams publish them, in the order of the topic: what a visitor decided before is
 * known before it is joined. An identifier of another person is dead-lettered: after a merge it can be replayed.
 */
@Controller()
export class IdentityConsumer {
  constructor(
    private readonly linking: LinkIdentifiers,
    private readonly policies: PolicyStore,
  ) {}

  @Consumes('ingress', ingressIdentityLinked)
  async onLinked({ events, tx }: EventBatch<typeof ingressIdentityLinked>): Promise<void> {
    for (const event of events) {
      const { subject, identifiers, reason } = event.data;
      const person = 'ref' in subject ? subject : { identifiers: await normaliseAll(tx, this.policies, subject.identifiers) };
      const normalised = await normaliseAll(tx, this.policies, identifiers);
      await this.linking.link(tx, { person, identifiers: normalised, reason, actor: event.source, cause: causeOf(event) });
    }
  }
}
