import { z } from 'zod';
import { calendarDurationSchema, slugSchema, textSchema } from '../scalars.js';
import { sourceSchema, sourced } from '../source.js';

/** A kind of personal data. Data maps may only name these. */
export const dataCategorySchema = z.strictObject({
  id: slugSchema,
  title: textSchema,
  examples: z.array(textSchema).min(1),
  /** GDPR Article 9 or the like: needs an enabled feature and explicit consent. */
  special: z.boolean(),
  /** `processor`: requests about it go to the controller and are not answered here. */
  role: z.enum(['controller', 'processor']),
  /** Whom a processor works for, e.g. `partner`. */
  controller: slugSchema.optional(),
  source: sourceSchema,
});

/** What is not collected at all, and how coarsely the rest. */
export const collectionSchema = z.strictObject({
  undeclaredFields: sourced(z.literal('refuse')),
  specialCategories: sourced(z.enum(['refuse', 'enabled_feature_and_explicit_consent'])),
  /** Bits kept of an address before anything is stored. Left out: the policy promises none. */
  ipTruncation: z.strictObject({ ipv4: z.int().min(8).max(32), ipv6: z.int().min(16).max(128), source: sourceSchema }).optional(),
  excluded: z.array(z.strictObject({ id: slugSchema, title: textSchema, source: sourceSchema })),
});

export const RETENTION_STARTS = [
  'last_interaction',
  'relationship_end',
  'workspace_closed',
  'collection',
  'period_end',
  'consent_end',
  'request_closed',
] as const;
export type RetentionStart = (typeof RETENTION_STARTS)[number];

/** How long one category is kept, counted from what, and what happens then. One rule per category. */
export const retentionRuleSchema = z.strictObject({
  category: slugSchema,
  keep: sourced(calendarDurationSchema),
  from: z.enum(RETENTION_STARTS),
  /** `keep`: no deadline runs while the person is a customer. `expire`: it runs even then (AUX-06). */
  whileActive: z.enum(['keep', 'expire']),
  then: z.enum(['erase', 'aggregate', 'de_identify', 'drop_workspace']),
  /** The grain of the aggregate that remains. */
  aggregateBy: z.enum(['day', 'month']).optional(),
  /** Grounds on which the policy itself allows keeping it longer. */
  longerFor: sourced(z.array(z.enum(['law', 'contract', 'dispute', 'business_need', 'legal_hold'])).min(1)).optional(),
  /** A statutory log floor above the promise: the data is restricted until then, and erased after. */
  statutoryHold: z.strictObject({ keep: calendarDurationSchema, law: textSchema, source: sourceSchema }).optional(),
  source: sourceSchema,
});
