import { domain } from '@heed/contracts-ingress';
import { instant, uuid } from '@heed/kernel';
import { z } from 'zod';

export const cookieDomainAnswer = z
  .strictObject({ domain, partner: z.string(), analytics: z.boolean().describe('Analytics is set up there.'), updatedAt: instant })
  .meta({ id: 'CookieDomain' });

export const cookieGateAnswer = z
  .strictObject({
    domain,
    classes: z.array(
      z.strictObject({
        class: z.string(),
        allowed: z.boolean(),
        reason: z.enum([
          'essential', 'given', 'refused', 'withdrawn', 'objected', 'expired', 'invalidated', 'terminated', 'no_decision', 'basis_without_consent',
          'no_basis_in_jurisdiction', 'purpose_unknown', 'child', 'age_unverified', 'not_configured', 'gpc', 'class_unknown',
        ]),
        responsible: z.enum(['controller', 'partner']).describe('Who has to ask the person.'),
        recordId: uuid.nullable().describe('The decision that counts.'),
        promise: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'CookieGate' });
