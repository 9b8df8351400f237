import { ingressIdentityLinked } from '@heed/contracts-ingress';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { causeOf } from '@heed/kernel';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller } from '@nestjs/common';
import { normaliseAll, personIn } from '../subject/normalise.js';
import { LinkIdentifiers } from './link-identifiers.use-case.js';

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
    const country = (await this.policies.current(tx)).pack.tenant.country?.value;
    const links = events.map((event) => {
      const { subject, identifiers, reason } = event.data;
      return { person: personIn(subject, country), identifiers: normaliseAll(identifiers, country), reason, actor: event.source, cause: causeOf(event) };
    });
    await this.linking.linkAll(tx, links);
  }
}
