import { purposeId, uuid } from '@heed/kernel';
import { BASES } from '@heed/policy';
import { z } from 'zod';

export const checkAnswer = z
  .strictObject({
    allowed: z.boolean(),
    purpose: purposeId,
    basis: z.enum(BASES).nullable().describe('The legal ground there; null where there is none.'),
    reason: z.enum([
      'given', 'refused', 'withdrawn', 'objected', 'expired', 'invalidated', 'terminated', 'no_decision', 'basis_without_consent',
      'no_basis_in_jurisdiction', 'purpose_unknown', 'never_purpose', 'child', 'age_unverified',
    ]),
    recordId: uuid.nullable().describe('The decision that counts.'),
    promise: z.string().optional().describe('The promise of the policy that does not allow it.'),
  })
  .meta({ id: 'CheckAnswer' });
