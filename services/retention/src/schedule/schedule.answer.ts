import { RETENTION_STARTS } from '@heed/policy';
import { z } from 'zod';

/** How long one category of data is kept. */
export const scheduleAnswer = z
  .strictObject({
    category: z.string(),
    title: z.string(),
    keep: z.string().describe('ISO 8601, e.g. `P24M`.'),
    from: z.enum(RETENTION_STARTS).describe('What it is counted from.'),
    whileActive: z.enum(['keep', 'expire']).describe('Whether it runs while the person is a customer.'),
    then: z.enum(['erase', 'aggregate', 'de_identify', 'drop_workspace']),
    aggregateBy: z.enum(['day', 'month']).optional(),
    sources: z.array(z.string()).describe('The promises that say so.'),
    longerFor: z.array(z.string()).describe('Grounds on which the policy itself allows more.'),
    statutoryHold: z.strictObject({ keep: z.string(), law: z.string() }).optional(),
    policyVersion: z.int().min(1),
  })
  .meta({ id: 'Schedule' });
