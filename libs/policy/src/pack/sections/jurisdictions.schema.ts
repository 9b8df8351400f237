import { z } from 'zod';
import { jurisdictionIdSchema, textSchema } from '../scalars.js';
import { sourceSchema, sourced } from '../source.js';

/** Laws whose clocks and bases are known as data; see `legal/presets.ts`. */
export const LAWS = ['GDPR', 'UK_GDPR', 'DPDP', 'CCPA'] as const;
export type LawId = (typeof LAWS)[number];

/** Where the policy's people live, which laws hold there, and to whom they may complain. */
export const jurisdictionsSchema = z.strictObject({
  /** Assumed when a caller names none. */
  default: sourced(jurisdictionIdSchema),
  list: z
    .array(
      z.strictObject({
        id: jurisdictionIdSchema,
        laws: z.array(z.enum(LAWS)).min(1),
        /** Stands in every refusal sent to a person of this place. */
        authority: z.strictObject({ name: textSchema, url: z.url().optional(), source: sourceSchema }),
        source: sourceSchema,
      }),
    )
    .min(1),
});
