import { classified, defineEvent, dispatchId, instant, purposeId, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';
import { personMerged, personSplit } from './identity-events.js';
import { childResolved, childSuspected, visitRecorded } from './people-events.js';

/** Internal, and told to the tenant's platform teams. */
const topics = ['heed.consent.events.v1', 'heed.t.{tenant}.events.v1'];
const decided = {
  ref: subjectRef,
  /** The person's version after this decision. */
  version: classified('none', z.int().min(1)),
  channel: classified('none', z.string()),
  /** When the person did it, never later than received. */
  occurredAt: instant,
  recordedAt: instant,
  records: z.array(z.strictObject({ id: uuid, purpose: purposeId })).min(1),
};

export const consentGiven = defineEvent({
  type: 'heed.consent.given.v1',
  topics,
  summary: 'A person agreed to purposes.',
  data: z.strictObject({ ...decided, dispatchId }),
});

export const consentRefused = defineEvent({
  type: 'heed.consent.refused.v1',
  topics,
  summary: 'A person refused purposes when asked.',
  data: z.strictObject({ ...decided, dispatchId }),
});

export const consentWithdrawn = defineEvent({
  type: 'heed.consent.withdrawn.v1',
  topics,
  summary: 'A person withdrew consent; every channel ends here.',
  data: z.strictObject({ ...decided, dispatchId }),
});

export const consentObjected = defineEvent({
  type: 'heed.consent.objected.v1',
  topics,
  summary: 'A person objected to purposes that rest on a legitimate interest.',
  data: z.strictObject({ ...decided, dispatchId }),
});

export const consentExpired = defineEvent({
  type: 'heed.consent.expired.v1',
  topics,
  summary: 'The time of a consent has passed, and nobody renewed it.',
  data: z.strictObject({ ...decided, dispatchId }),
});

export const consentInvalidated = defineEvent({
  type: 'heed.consent.invalidated.v1',
  topics,
  summary: 'A consent that never should have counted, or that nothing is left of, counts no more.',
  data: z.strictObject({ ...decided, dispatchId }),
});

export const purposeDenied = defineEvent({
  type: 'heed.consent.purpose_denied.v1',
  topics,
  summary: 'Somebody tried to grant what the policy never allows.',
  data: z.strictObject({ purpose: purposeId, promise: classified('none', z.string()), channel: classified('none', z.string()) }),
});

export const personErased = defineEvent({
  type: 'heed.consent.person_erased.v1',
  topics,
  summary: 'Consent has forgotten who a person is, or has kept it because they came back.',
  data: z.strictObject({
    requestId: uuid,
    ref: subjectRef,
    aliases: z.array(subjectRef),
    /** `kept`: consent was given again after the moment that the erasure is about. */
    outcome: classified('none', z.enum(['erased', 'kept'])),
    /** Identifiers deleted, and data keys whose destruction was ordered with them. */
    identifiers: classified('none', z.int().min(0)),
    keys: classified('none', z.int().min(0)),
    erasedAt: instant,
    /** The entry of consent's ledger that says so. */
    ledgerEntryId: uuid,
  }),
});

export const consentMapConfirmed = defineEvent({
  type: 'heed.consent.map_confirmed.v1',
  topics: ['heed.consent.events.v1'],
  summary: 'Consent holds this version of the data map.',
  data: z.strictObject({ mapVersion: classified('none', z.int().min(1)) }),
});

export const consentEvents = [consentGiven, consentRefused, consentWithdrawn, consentObjected, consentExpired, consentInvalidated, purposeDenied, personErased, consentMapConfirmed, personMerged, personSplit, childSuspected, childResolved, visitRecorded] as const;
