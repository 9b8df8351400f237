import { classified, identifier, instant, purposeId, subject } from '@heed/kernel';
import { z } from 'zod';

/** Enough for any real policy; ten thousand is an attack or a mistake. */
const MAX_PURPOSES = 100;

export const channel = classified('none', z.string().regex(/^[a-z][a-z0-9_]{0,31}$/)).default('api');

export const decisionSetBody = z.strictObject({
  subject,
  decisions: z
    .array(z.strictObject({ purpose: purposeId, decision: classified('none', z.enum(['given', 'refused'])) }))
    .min(1)
    .max(MAX_PURPOSES)
    .refine((list) => new Set(list.map((d) => d.purpose)).size === list.length, 'one decision per purpose'),
  notice: z
    .strictObject({
      id: classified('organisational', z.string().min(1).max(64)),
      version: classified('organisational', z.string().min(1).max(32)),
      language: classified('none', z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)),
    })
    .optional(),
  method: classified('none', z.string().regex(/^[a-z][a-z0-9_]{0,31}$/)).default('api'),
  occurredAt: instant.optional(),
});
export type DecisionSet = z.output<typeof decisionSetBody>;

export const withdrawalBody = z.strictObject({
  subject,
  purposes: z.union(
    [
      classified('none', z.literal('all')),
      z
        .array(purposeId)
        .min(1)
        .max(MAX_PURPOSES)
        .refine((list) => new Set(list).size === list.length, 'each purpose once'),
    ],
    { error: 'a list of purposes such as ["marketing_email"], or "all"' },
  ),
  channel,
  occurredAt: instant.optional(),
});
export type WithdrawalCall = z.output<typeof withdrawalBody>;

export const requestType = classified(
  'none',
  z.enum(['access', 'export', 'rectify', 'erase', 'restrict', 'unrestrict', 'object']),
);

export const requestBody = z.strictObject({
  type: requestType,
  subject: z.strictObject({ identifiers: z.array(identifier).min(1).max(16) }),
  jurisdiction: classified('none', z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/)).optional(),
  channel,
  message: classified('personal', z.string().max(10_000)).optional(),
});
export type RequestCall = z.output<typeof requestBody>;
