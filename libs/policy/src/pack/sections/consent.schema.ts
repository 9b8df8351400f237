import { z } from 'zod';
import { calendarDurationSchema, languageSchema, slugSchema, textSchema } from '../scalars.js';
import { sourceSchema, sourced } from '../source.js';

export const WITHDRAWAL_CHANNELS = [
  'api',
  'kafka',
  'unsubscribe_link',
  'preference_page',
  'cookie_preferences',
  'gpc',
  'email',
  'dashboard',
  'sync',
] as const;
export type WithdrawalChannel = (typeof WITHDRAWAL_CHANNELS)[number];

/** How consent is asked for, kept and withdrawn. */
export const consentSchema = z.strictObject({
  bundling: sourced(z.literal('refused')),
  record: sourced(z.array(z.enum(['what', 'when', 'how'])).min(1)),
  receipts: sourced(z.enum(['on_request', 'always'])),
  /** A person who said no is not asked again before. */
  askAgainAfter: sourced(calendarDurationSchema),
  withdrawal: z.strictObject({
    effect: sourced(z.literal('prospective')),
    /** Withdrawing an optional purpose never takes the service away. */
    coreContinues: sourced(z.literal(true)),
    channels: z.array(z.strictObject({ channel: z.enum(WITHDRAWAL_CHANNELS), source: sourceSchema })).min(1),
  }),
});

/** A text shown when consent is asked. The record keeps its version and the hash of the words that were read. */
export const consentNoticeSchema = z.strictObject({
  id: slugSchema,
  version: z.string().regex(/^[0-9]+(\.[0-9]+)*$/, 'a version looks like "1" or "2.1" (in quotes)'),
  purposes: z.array(slugSchema).min(1),
  texts: z.record(languageSchema, textSchema),
  source: sourceSchema,
});

/** What is told to whom before the policy changes. No `leadTime` means that no number was promised. */
export const policyChangeSchema = z.strictObject({
  leadTime: sourced(calendarDurationSchema).optional(),
  countedFrom: z.enum(['delivery', 'publication']),
  channels: z.array(z.enum(['email', 'console', 'page'])).min(1),
  /** `any`: one channel is enough ("by email or via the console"). */
  channelsNeeded: z.enum(['all', 'any']),
  audience: z.array(z.enum(['customer_admins', 'partners', 'registered_users', 'public'])).min(1),
  updatesDate: sourced(z.boolean()),
  olderVersions: sourced(z.enum(['on_request', 'public'])).optional(),
  source: sourceSchema,
});

export const noticesSchema = z.strictObject({
  consent: z.array(consentNoticeSchema).min(1),
  policyChange: policyChangeSchema,
});

/** Which cookie classes may be set, and who answers for asking. */
export const cookieClassSchema = z.strictObject({
  class: z.enum(['essential', 'analytics']),
  gate: z.enum(['always', 'consent', 'configured_and_consent']),
  responsible: z.enum(['controller', 'partner']),
  source: sourceSchema,
});
export type CookieClass = z.infer<typeof cookieClassSchema>;

/** A chat assistant's transcripts: what is stored, and what the person is told. */
export const assistantSchema = z.strictObject({
  transcripts: sourced(z.enum(['never_stored', 'stored_with_contact_only'])),
  disclosure: sourced(z.literal('inline')),
  mailCopy: sourced(calendarDurationSchema),
});
