import { z } from 'zod';
import { slugSchema, textSchema } from '../scalars.js';
import { promiseIdSchema } from '../source.js';

const OWNERS = ['consent', 'dsar', 'retention', 'subprocessor-registry', 'notifications', 'platform'] as const;

/** One enforceable sentence of the policy, in Heed's own short words. */
export const promiseSchema = z.strictObject({
  id: promiseIdSchema,
  owner: z.enum(OWNERS),
  /** Promises of one group share a control and the shape of its test, across policies. */
  group: z.string().regex(/^G\d{2}$/, 'a group looks like G20'),
  kind: slugSchema,
  title: textSchema.refine((t) => t.split(/\s+/).length <= 12, { error: 'a title has at most twelve words' }),
});
export type PromiseOwner = (typeof OWNERS)[number];
