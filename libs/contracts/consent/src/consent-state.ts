import { classified, defineEvent, instant, purposeId, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

/** Compacted: one record for each identifier of a person and one for their ref, under keyed hashes. */
const topics = ['heed.t.{tenant}.consent-state.v1'];
/** Of the form of the value. */
const v = classified('none', z.literal(1));
/** Which publication of everybody a record belongs to: one that is older than the newest finished one was taken back. */
const build = classified('none', z.int().min(0));
const basis = classified('organisational', z.string());
const jurisdiction = classified('organisational', z.string());

export const HELD_STATES = ['given', 'refused', 'withdrawn', 'objected', 'expired', 'invalidated', 'terminated', 'requested', 'request_deferred'] as const;

const held = z.strictObject({
  state: classified('pseudonymous', z.enum(HELD_STATES)),
  recordId: uuid,
  /** From then on a yes is over. */
  validUntil: instant.optional(),
});
const decisions = z.record(purposeId, held);

export const consentState = defineEvent({
  type: 'heed.consent.state.v1',
  topics,
  summary: 'What a person has decided, as of now. The record key is base64url(HMAC-SHA256(state key, "<type>|<value>")), or of "ref|sub_…".',
  data: z.strictObject({
    v,
    ref: subjectRef,
    /** Grows with every decision of the person. */
    version: classified('none', z.int().min(0)),
    build,
    at: instant,
    purposes: decisions,
    /** Only of somebody who may be a child: the highest of the ages that count which they have reached; null: something says child. */
    age: z.strictObject({ atLeast: classified('pseudonymous', z.int().min(0).max(130).nullable()) }).optional(),
    /** What was decided on a branded domain counts there and nowhere else. */
    domains: z.record(classified('organisational', z.string()), decisions).optional(),
  }),
});

export const consentStateHeartbeat = defineEvent({
  type: 'heed.consent.state_heartbeat.v1',
  topics,
  summary: 'Up to when this topic is complete. Key: heartbeat.',
  data: z.strictObject({
    v,
    /** Nothing that was decided before is missing above this record. */
    completeUntil: instant,
    /** Of the state key. */
    epoch: classified('none', z.int().min(1)),
    /** The newest finished publication of everybody; 0 while there is none under this key. */
    build,
    policyVersion: classified('none', z.int().min(0)),
  }),
});

export const consentStateBuild = defineEvent({
  type: 'heed.consent.state_build.v1',
  topics,
  summary: 'A publication of everybody begins here: a reader that has not seen this record has not seen everybody. Key: build.',
  data: z.strictObject({ v, build, epoch: classified('none', z.int().min(1)), at: instant }),
});

/** What answers need of the policy beside a person's decisions. */
export const statePolicy = z.strictObject({
  v,
  policyVersion: classified('none', z.int().min(1)),
  /** ISO 3166; of phone numbers without a country code. */
  country: classified('organisational', z.string().nullable()),
  defaultJurisdiction: jurisdiction,
  /** What other places are called here, e.g. `DE` is `EU`. */
  places: z.record(jurisdiction, jurisdiction),
  purposes: z.array(
    z.strictObject({
      id: purposeId,
      /** By jurisdiction. */
      bases: z.record(jurisdiction, basis),
      /** A Global Privacy Control signal is a no to it. */
      gpc: classified('none', z.boolean()),
      /** It follows or targets people: never a child. */
      targets: classified('none', z.boolean()),
    }),
  ),
  /** From which age on a person decides alone, by every jurisdiction that the policy knows. */
  adultAge: z.record(jurisdiction, classified('none', z.int().min(0).max(130))),
  /** The promises that protect children: from being followed and targeted, and from the rest. */
  childPromises: z.strictObject({ targets: classified('none', z.string().nullable()), other: classified('none', z.string().nullable()) }),
  /** What nobody can agree to, with the promise that says so. */
  never: z.array(z.strictObject({ id: purposeId, promise: classified('none', z.string()) })),
});
export type StatePolicy = z.output<typeof statePolicy>;

export const consentStatePolicy = defineEvent({
  type: 'heed.consent.state_policy.v1',
  topics,
  summary: 'The purposes and legal bases in force. Key: policy.',
  data: statePolicy,
});

export const consentStateEvents = [consentState, consentStateHeartbeat, consentStateBuild, consentStatePolicy] as const;
/** Record keys that are nobody's: a keyed hash has 43 characters. */
export const STATE_KEYS = { heartbeat: 'heartbeat', build: 'build', policy: 'policy' } as const;
