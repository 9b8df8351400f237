import { callerAddress, classified, identifier, instant, purposeId, subject } from '@heed/kernel';
import { z } from 'zod';

/** Enough for any real policy; ten thousand is an attack or a mistake. */
const MAX_PURPOSES = 100;

export const channel = classified('none', z.string().regex(/^[a-z][a-z0-9_]{0,31}$/)).default('api');

/** ISO 3166 country, with a subdivision where the law is a state's. */
export const jurisdiction = classified('none', z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/, 'a jurisdiction looks like IN or US-CA'));

/** A host name in lower case: a partner's branded domain. */
export const domain = classified('organisational', z.string().max(253).regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/, 'a host name in lower case, e.g. shop.example.com'));

/** How a parent's consent was verified (DPDP 9, GDPR 8(2)); the reference names the proof at the controller, never a person. */
export const parentalConsent = z.strictObject({
  method: classified('none', z.enum(['government_id', 'virtual_token', 'payment_card', 'signed_form', 'video_call', 'existing_account'])),
  reference: classified('none', z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, 'an opaque reference of at most 64 letters and digits')),
  verifiedAt: instant,
});

/** What the first version of the event carries. */
export const decisionSetV1 = z.strictObject({
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

export const decisionSetBody = decisionSetV1.extend({
  /** Where the person lives; the policy's default where left out. */
  jurisdiction: jurisdiction.optional(),
  /** The decision is about cookies on this branded domain only. */
  domain: domain.optional(),
  /** In whole years, as the person stated it. */
  age: classified('personal', z.int().min(0).max(130)).optional(),
  /** Something says that this may be a child, though no age was stated. */
  childSignal: classified('personal', z.boolean()).optional(),
  parentalConsent: parentalConsent.optional(),
  /** From where it was decided; only the network is kept. */
  ip: callerAddress.optional(),
});
export type DecisionSet = z.output<typeof decisionSetBody>;

/** What the first version of the event carries. */
export const withdrawalV1 = z.strictObject({
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

export const withdrawalBody = withdrawalV1.extend({ jurisdiction: jurisdiction.optional(), domain: domain.optional() });
export type WithdrawalCall = z.output<typeof withdrawalBody>;

export const requestType = classified(
  'none',
  z.enum(['access', 'export', 'rectify', 'erase', 'restrict', 'unrestrict', 'object']),
);

export const requestBody = z.strictObject({
  type: requestType,
  subject: z.strictObject({ identifiers: z.array(identifier).min(1).max(16) }),
  jurisdiction: jurisdiction.optional(),
  channel,
  message: classified('personal', z.string().max(10_000)).optional(),
});
export type RequestCall = z.output<typeof requestBody>;
