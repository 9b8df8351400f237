import { readToEnd } from '@heed/kafka';
import { randomUUID } from 'node:crypto';
import type { Heed } from './heed.js';

/** A decision as the tenant's platform teams are told of it. */
export interface ConsentFact {
  readonly type: string;
  readonly ref: string;
  readonly channel: string;
  readonly dispatchId: string;
  readonly records: readonly { readonly purpose: string }[];
}

/** What a tenant's own topic of facts says of one person's consent, oldest first. */
export async function consentFacts(heed: Heed, tenant: string, ref: string): Promise<readonly ConsentFact[]> {
  const facts: ConsentFact[] = [];
  await readToEnd({
    kafka: heed.kafka,
    groupId: `stranger-${randomUUID()}`,
    topics: [`heed.t.${tenant}.events.v1`],
    take: ({ key, value, headers }) => {
      const type = String(headers?.['ce_type']);
      if (String(key) === ref && type.startsWith('heed.consent.')) facts.push({ ...(JSON.parse(String(value)) as ConsentFact), type });
    },
  });
  return facts;
}
