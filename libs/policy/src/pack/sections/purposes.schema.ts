import { z } from 'zod';
import { calendarDurationSchema, jurisdictionIdSchema, slugSchema, textSchema } from '../scalars.js';
import { sourceSchema, sourced } from '../source.js';

export const BASES = [
  'consent',
  'contract',
  'legal_obligation',
  'vital_interests',
  'public_task',
  'legitimate_interest',
  /** India: DPDP section 7, the letter stands in `reference`. */
  'legitimate_use',
] as const;
export type Basis = (typeof BASES)[number];

/** The ground on which one purpose rests in one jurisdiction, with the place in the law. */
export const legalBasisSchema = z.strictObject({
  basis: z.enum(BASES),
  reference: z
    .string()
    .regex(
      /^((UK )?GDPR 6\(1\)\([a-f]\)|DPDP 6|DPDP 7\([a-i]\)|CCPA 1798\.\d+)$/,
      'a reference looks like GDPR 6(1)(a), UK GDPR 6(1)(f), DPDP 6, DPDP 7(a) or CCPA 1798.100',
    ),
  source: sourceSchema,
});

/** One thing personal data is used for. Which stores use it is the data maps' to say, not the pack's. */
export const purposeSchema = z.strictObject({
  id: slugSchema,
  title: textSchema,
  description: textSchema,
  categories: z.array(slugSchema).min(1),
  bases: z.record(jurisdictionIdSchema, legalBasisSchema),
  /** Mail for this purpose counts against the marketing limit and stops at an unsubscribe. */
  marketing: z.boolean(),
  /** Follows or judges a person's behaviour: never granted for a child. */
  profiling: z.boolean(),
  /** Left out: this purpose sets no cookie. */
  cookieClass: z.enum(['essential', 'analytics']).optional(),
  /** How long a given consent holds before it is asked again. Left out: until it is withdrawn. */
  consentValidity: sourced(calendarDurationSchema).optional(),
  source: sourceSchema,
});

/**
 * What the policy says is never done. Nobody can grant such a purpose, whatever a person clicked.
 * `categories` narrows the sentence for the reader; the refusal is the same.
 */
export const neverPurposeSchema = z.strictObject({
  id: slugSchema,
  title: textSchema,
  categories: z.array(slugSchema).min(1).optional(),
  source: sourceSchema,
});
