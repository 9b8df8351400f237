import { z } from 'zod';
import { calendarDurationSchema, slugSchema, textSchema } from '../scalars.js';
import { sourceSchema, sourced } from '../source.js';

/** How long the evidence is kept, by contract plan. */
export const auditSchema = z.strictObject({
  defaultPlan: sourced(slugSchema),
  plans: z.array(z.strictObject({ plan: slugSchema, keep: calendarDurationSchema, source: sourceSchema })).min(1),
});

/** The technical profile of a policy. Services refuse what lies below it. */
export const securitySchema = z.strictObject({
  tlsMin: sourced(z.enum(['1.2', '1.3'])),
  atRest: sourced(z.enum(['AES-256-GCM'])),
  /** `hsm_fips_140_2_level_3` refuses a software key in production (AJU-47). */
  keyEncryptionKey: sourced(z.enum(['file', 'kms', 'hsm_fips_140_2_level_3'])),
  keyRotation: sourced(calendarDurationSchema),
  accessTokenTtl: sourced(calendarDurationSchema),
  passwordHash: sourced(z.enum(['bcrypt', 'scrypt', 'argon2id'])),
  privilegedMfa: sourced(z.enum(['totp_or_webauthn', 'webauthn', 'fido2_hardware'])),
  leastPrivilege: sourced(z.literal(true)),
  accessReviewEvery: sourced(calendarDurationSchema),
});

/**
 * `role`: Heed's login assumes the tenant's database role for one transaction. `login`: the tenant has a login of its
 * own, so that the database itself refuses everything else, even to a session that may run any SQL.
 */
export const isolationSchema = sourced(z.enum(['role', 'login']));

/** A promise kept by people and papers: certificates, tests, trainings, reviews, each with its cadence. */
export const assuranceSchema = z.strictObject({
  id: slugSchema,
  kind: z.enum(['certificate', 'test', 'training', 'review', 'assessment', 'standard', 'practice']),
  title: textSchema,
  /** How old the newest evidence may be. */
  every: sourced(calendarDurationSchema),
  source: sourceSchema,
});

/** Brakes and grace periods of the machinery. */
export const operationsSchema = z.strictObject({
  erasureBudgetPerHour: sourced(z.int().min(1)),
  clearanceValidity: sourced(calendarDurationSchema),
  verificationGrace: sourced(calendarDurationSchema),
  /** After this long without an acknowledgement a target is overdue. */
  acknowledgementDue: sourced(calendarDurationSchema),
  /** From closing a tenant or workspace to dropping its schema and keys; exports work until then. */
  dropAfterClosing: sourced(calendarDurationSchema),
});
