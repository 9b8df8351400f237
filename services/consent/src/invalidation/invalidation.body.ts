import { dispatchId, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

/** Why a consent never counted (GDPR 4(11), 7 and 8; DPDP 6). Named, not told: words of one's own would tell of people. */
export const INVALID_BECAUSE = [
  'not_freely_given', 'not_informed', 'not_specific', 'not_unambiguous', 'wrong_notice', 'below_age', 'not_the_person', 'authority_decision', 'recorded_by_mistake',
] as const;

export const invalidationBody = z
  .strictObject({
    reason: z.enum(INVALID_BECAUSE),
    case: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,63}$/)
      .optional()
      .describe('Where the decision is documented, e.g. a file number. Names nobody.'),
  })
  .meta({ id: 'Invalidation' });

export const invalidationAccepted = z
  .strictObject({ id: uuid.describe('The record that says so.'), ref: subjectRef, dispatchId })
  .meta({ id: 'InvalidationAccepted' });
