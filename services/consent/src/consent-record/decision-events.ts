import { consentExpired, consentGiven, consentInvalidated, consentObjected, consentRefused, consentWithdrawn } from '@heed/contracts-consent';

/** What is said of a decision; of a question that is open nothing is. */
export const DECISION_EVENTS = {
  given: consentGiven, refused: consentRefused, withdrawn: consentWithdrawn, objected: consentObjected, expired: consentExpired,
  invalidated: consentInvalidated, terminated: consentInvalidated, requested: undefined, request_deferred: undefined,
} as const;
