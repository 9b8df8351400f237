import { z } from 'zod';
import { slugSchema } from '../scalars.js';
import { sourced } from '../source.js';

/** Limits of marketing mail, and which mail is not marketing. */
export const messagesSchema = z.strictObject({
  marketing: z.strictObject({
    /** Per person and calendar month in the tenant's zone. Left out: no number promised. */
    maxPerMonth: sourced(z.int().min(0)).optional(),
    optIn: sourced(z.literal(true)),
    oneClickUnsubscribe: sourced(z.boolean()),
    /** `all_marketing`: one click ends every marketing class at once. */
    unsubscribeScope: sourced(z.enum(['all_marketing', 'purpose'])),
    classes: sourced(z.array(slugSchema).min(1)),
  }),
  transactional: z.strictObject({
    /** The only classes that go out after an unsubscribe. */
    classes: sourced(z.array(slugSchema).min(1)),
  }),
});
