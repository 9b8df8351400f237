import { purposeId } from '@heed/kernel';
import { BASES } from '@heed/policy';
import { z } from 'zod';

const basis = z.enum(BASES);

export const purposesAnswer = z
  .strictObject({
    policyVersion: z.int().min(1),
    items: z.array(
      z.strictObject({
        id: purposeId,
        title: z.string(),
        description: z.string(),
        basis: basis.nullable().describe("Where the policy's default jurisdiction applies."),
        bases: z.record(z.string(), basis).describe('By jurisdiction, e.g. `IN`, `EU`.'),
      }),
    ),
    never: z.array(z.strictObject({ id: purposeId, promise: z.string() })).describe('What nobody can agree to.'),
    notices: z.array(z.strictObject({ id: z.string(), version: z.string(), languages: z.array(z.string()) })),
    nextCursor: z.null().describe('All stand on one page.'),
  })
  .meta({ id: 'Purposes' });
