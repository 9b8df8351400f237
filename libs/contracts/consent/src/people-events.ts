import { classified, defineEvent, instant, network, purposeId, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

const topics = ['heed.consent.events.v1', 'heed.t.{tenant}.events.v1'];

export const childSuspected = defineEvent({
  type: 'heed.consent.child_suspected.v1',
  topics,
  summary: 'A person is a child, or may be one: nothing that follows or targets them is done from now on, and somebody has to look.',
  data: z.strictObject({
    ref: subjectRef,
    /** `age_stated`: a number below the limit; `child_signal`: something says child, nothing says how old. */
    reason: classified('pseudonymous', z.enum(['age_stated', 'child_signal'])),
    channel: classified('none', z.string()),
    openedAt: instant,
  }),
});

export const childResolved = defineEvent({
  type: 'heed.consent.child_resolved.v1',
  topics,
  summary: 'Somebody has looked whether a person is a child.',
  data: z.strictObject({ ref: subjectRef, outcome: classified('pseudonymous', z.enum(['adult', 'child', 'parental_consent'])), resolvedAt: instant }),
});

export const visitRecorded = defineEvent({
  type: 'heed.consent.visit_recorded.v1',
  topics: ['heed.t.{tenant}.events.v1'],
  summary: 'A person who agreed to analytics looked at a page.',
  data: z.strictObject({
    id: uuid,
    ref: subjectRef,
    purpose: purposeId,
    domain: classified('organisational', z.string()),
    /** Without query and fragment; parts that could name somebody are blanked. */
    path: classified('organisational', z.string()),
    occurredAt: instant,
    /** Never an address. */
    network: network.nullable(),
    /** A country, or a state of one. */
    region: classified('none', z.string()).nullable(),
    /** The host that the person came from. */
    referrer: classified('organisational', z.string()).nullable(),
    /** The decision that allows it; null where the purpose needs none. */
    recordId: uuid.nullable(),
  }),
});
