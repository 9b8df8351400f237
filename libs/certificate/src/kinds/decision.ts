import { z } from 'zod';

/** What a register can say of a person and a purpose: the states of ISO/IEC TS 27560, and an objection (GDPR 21). */
export const registerState = z.enum([
  'given', 'renewed_given', 'refused', 'withdrawn', 'objected', 'expired', 'invalidated', 'requested', 'request_deferred', 'terminated',
]);
export type RegisterState = z.output<typeof registerState>;

/** Each state after “consent is …”, for a page. */
export const STATE_IN_WORDS: Readonly<Record<RegisterState, string>> = {
  given: 'given',
  renewed_given: 'given anew',
  refused: 'refused',
  withdrawn: 'withdrawn',
  objected: 'ended by an objection',
  expired: 'expired',
  invalidated: 'invalidated',
  requested: 'asked for',
  request_deferred: 'asked for, with no answer yet',
  terminated: 'terminated',
};
