export { packJsonSchema } from './json-schema.js';
export { OPERATOR_DEFAULT, promiseIdSchema, promisesOf, sourceLabel, sourceSchema, type Source, type Sourced } from './source.js';
export { DURATION_PATTERN, durationSchema, jurisdictionIdSchema } from './scalars.js';
export {
  PACK_SCHEMA,
  policyPackSchema,
  type ConsentNotice,
  type DataCategory,
  type LegalBasis,
  type NeverPurpose,
  type PackPromise,
  type PolicyChangeRule,
  type PolicyPack,
  type Purpose,
  type RetentionRule,
  type Subprocessor,
} from './pack.schema.js';
export { REQUEST_TYPES, type RequestType } from './sections/clocks.schema.js';
export { cookieClasses, purposesOfCookies } from './cookies.js';
export { WITHDRAWAL_CHANNELS, type CookieClass, type WithdrawalChannel } from './sections/consent.schema.js';
export { RETENTION_STARTS, type RetentionStart } from './sections/data.schema.js';
export { LAWS, type LawId } from './sections/jurisdictions.schema.js';
export type { PromiseOwner } from './sections/promises.schema.js';
export { BASES, type Basis } from './sections/purposes.schema.js';
export type { Weekday } from './sections/tenant.schema.js';
export {
  basisOf,
  consentNoticeOf,
  networkBitsOf,
  neverPurposeOf,
  noticeHash,
  noticeLanguages,
  purposeOf,
  requiresConsent,
  retentionOf,
  withdrawablePurposes,
} from './queries.js';
