import { z } from 'zod';

/** What a field says that is mandatory and that neither the register nor the policy has a value for: nothing is made up. */
export const NOT_STATED = 'not_stated';
export const notStated = z.literal(NOT_STATED).describe('Neither the register nor the policy says.');

/** The profile that records and receipts conform to. */
export const PROFILE = 'https://w3id.org/dpv/schema/dpv-27560';
export const schemaVersion = z.literal(PROFILE).describe('The profile of ISO/IEC TS 27560:2023 that this conforms to.');

/** The event states of ISO/IEC TS 27560: the first two allow processing, the others do not. */
export const EVENT_STATES = [
  'given', 'renewed_given', 'unknown', 'requested', 'request_deferred', 'refused', 'withdrawn', 'expired', 'terminated', 'invalidated',
] as const;
export const eventState = z.enum(EVENT_STATES);
export type EventState = z.output<typeof eventState>;

/** In UTC, as the standard asks. */
export const instant = z.iso.datetime();
export const uuid4 = z.uuidv4();
export const duration = z.string().regex(/^P\d/, 'an ISO 8601 duration');
