import { z } from 'zod';
import { calendarDurationSchema, durationSchema, slugSchema, textSchema } from '../scalars.js';
import { sourceSchema, sourced } from '../source.js';

/** The policy's own deadlines. What the law adds comes from the jurisdiction's presets; the earlier one counts. */
export const clocksSchema = z.strictObject({
  /** Left out: no acknowledgement within a time is promised. */
  acknowledge: sourced(durationSchema).optional(),
  resolve: sourced(durationSchema),
  /** Left out: the policy allows itself no extension, whatever the law would. */
  extension: z
    .strictObject({ count: z.int().min(1).max(3), duration: durationSchema, reasonRequired: z.boolean(), source: sourceSchema })
    .optional(),
  /** How long before `due` somebody is warned. */
  warnBefore: sourced(durationSchema),
  /** A second request of the same person and type within this time joins the first. */
  duplicateWindow: sourced(calendarDurationSchema),
  breach: z
    .strictObject({
      notify: sourced(durationSchema).optional(),
      audience: z.enum(['partners', 'customers', 'subjects', 'as_law_requires']),
      from: z.enum(['discovery', 'awareness']),
      stages: z.array(slugSchema).min(1),
      postIncidentReview: sourced(z.boolean()),
      source: sourceSchema,
    })
    .optional(),
});

export const REQUEST_TYPES = ['access', 'export', 'rectify', 'erase', 'restrict', 'unrestrict', 'object'] as const;
export type RequestType = (typeof REQUEST_TYPES)[number];

/** What a person may ask for, by which way, and what a human must do. */
export const requestsSchema = z.strictObject({
  types: z.array(z.strictObject({ type: z.enum(REQUEST_TYPES), source: sourceSchema })).min(1),
  channels: z
    .array(
      z.strictObject({
        channel: z.enum(['api', 'kafka', 'email', 'dashboard', 'web_form', 'deletion_page']),
        address: textSchema.optional(),
        source: sourceSchema,
      }),
    )
    .min(1),
  identity: sourced(z.enum(['verify', 'verify_if_in_doubt'])),
  approval: sourced(z.literal('person')),
  /** Only a person's act may close a case. */
  closing: sourced(z.enum(['person', 'all_targets_answered'])),
  /** Subject lines that must reach somebody the same local day. */
  urgent: z.strictObject({ pattern: textSchema, route: z.literal('same_local_day'), source: sourceSchema }).optional(),
  /** Rights that people exercise themselves in the product. */
  selfService: z.array(z.strictObject({ id: slugSchema, title: textSchema, source: sourceSchema })),
  /** How long a finished export can be fetched. */
  exportAvailable: sourced(calendarDurationSchema),
  automatedDecisions: z
    .strictObject({ rule: z.literal('human_decides'), customerDecisions: z.literal('customer_is_controller'), source: sourceSchema })
    .optional(),
  customerData: sourced(z.literal('governed_by_contract')).optional(),
});
