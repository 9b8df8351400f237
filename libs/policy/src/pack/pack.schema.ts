import { z } from 'zod';
import { assistantSchema, consentSchema, cookieClassSchema, noticesSchema } from './sections/consent.schema.js';
import { clocksSchema, requestsSchema } from './sections/clocks.schema.js';
import { collectionSchema, dataCategorySchema, retentionRuleSchema } from './sections/data.schema.js';
import { jurisdictionsSchema } from './sections/jurisdictions.schema.js';
import { messagesSchema } from './sections/messages.schema.js';
import { assuranceSchema, auditSchema, isolationSchema, operationsSchema, securitySchema } from './sections/operations.schema.js';
import { promiseSchema } from './sections/promises.schema.js';
import { neverPurposeSchema, purposeSchema } from './sections/purposes.schema.js';
import { childrenSchema, subprocessorsSchema, transfersSchema } from './sections/sharing.schema.js';
import { calendarSchema, tenantSchema } from './sections/tenant.schema.js';

/** The format's own name and version. A pack without it, or with another, is refused. */
export const PACK_SCHEMA = 'heed.dev/policy-pack/v1';

/**
 * A policy pack: one organisation's privacy policy as values that services read.
 * Strict everywhere (an unknown key is an error), and without defaults: a value that nobody wrote does not exist, so
 * none can be mistaken for a promise. What refers to what is checked by `parsePack`, not here.
 */
export const policyPackSchema = z.strictObject({
  schema: z.literal(PACK_SCHEMA),
  tenant: tenantSchema,
  calendar: calendarSchema,
  jurisdictions: jurisdictionsSchema,
  isolation: isolationSchema,
  dataCategories: z.array(dataCategorySchema).min(1),
  collection: collectionSchema,
  purposes: z.array(purposeSchema).min(1),
  neverPurposes: z.array(neverPurposeSchema),
  consent: consentSchema,
  notices: noticesSchema,
  cookies: z.array(cookieClassSchema).optional(),
  messages: messagesSchema,
  retention: z.array(retentionRuleSchema).min(1),
  clocks: clocksSchema,
  requests: requestsSchema,
  subprocessors: subprocessorsSchema,
  transfers: transfersSchema,
  children: childrenSchema.optional(),
  assistant: assistantSchema.optional(),
  audit: auditSchema,
  security: securitySchema,
  assurance: z.array(assuranceSchema),
  operations: operationsSchema,
  promises: z.array(promiseSchema),
});

export type PolicyPack = z.infer<typeof policyPackSchema>;
export type Purpose = PolicyPack['purposes'][number];
export type LegalBasis = Purpose['bases'][string];
export type NeverPurpose = PolicyPack['neverPurposes'][number];
export type DataCategory = PolicyPack['dataCategories'][number];
export type RetentionRule = PolicyPack['retention'][number];
export type ConsentNotice = PolicyPack['notices']['consent'][number];
export type PolicyChangeRule = PolicyPack['notices']['policyChange'];
export type Subprocessor = PolicyPack['subprocessors']['vendors'][number];
export type PackPromise = PolicyPack['promises'][number];
