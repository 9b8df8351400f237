import { instant } from '@heed/kernel';
import { z } from 'zod';

export const tenantAnswer = z.strictObject({
  id: z.string(),
  name: z.string().nullable().describe('As the policy in force calls it; null before there is one.'),
  isolation: z.enum(['role', 'login']).nullable().describe('What the policy in force promises of the separation in the database.'),
  state: z.enum(['active', 'closing']),
  dropAfter: instant.nullable().describe('While closing: from when on everything of the tenant is dropped. Until then it is served as before.'),
  decidedAt: instant.nullable().describe('When it was last decided to close the tenant, or to keep it.'),
  dropAfterClosing: z.string().nullable().describe('What the policy in force promises, e.g. `P30D` (ASK-12).'),
});
export type TenantAnswer = z.output<typeof tenantAnswer>;

/** Nothing to say beyond the call itself. */
export const emptyBody = z.strictObject({});
