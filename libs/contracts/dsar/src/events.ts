import { classified, defineEvent, dispatchId, instant, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

const internal = ['heed.dsar.events.v1'];
const facts = ['heed.dsar.events.v1', 'heed.t.{tenant}.events.v1'];
const requestType = classified('none', z.string());

export const requestOpened = defineEvent({
  type: 'heed.dsar.request_opened.v1',
  topics: facts,
  summary: 'A case was opened and its clocks run.',
  data: z.strictObject({ requestId: uuid, type: requestType, ref: subjectRef.nullable(), acknowledgeBy: instant.nullable(), due: instant }),
});

export const requestClosed = defineEvent({
  type: 'heed.dsar.request_closed.v1',
  topics: facts,
  summary: 'Every target has answered and the case is closed.',
  data: z.strictObject({
    requestId: uuid,
    type: requestType,
    ref: subjectRef,
    result: classified('none', z.enum(['completed', 'refused'])),
    certificateId: uuid.nullable(),
    closedAt: instant,
  }),
});

export const erasureCompleted = defineEvent({
  type: 'heed.dsar.erasure_completed.v1',
  topics: internal,
  summary: "Every store has answered an erasure: what Heed's own services keep of the person is next.",
  data: z.strictObject({
    requestId: uuid,
    ref: subjectRef,
    aliases: z.array(subjectRef),
    /** Who came back by a new act after this instant is kept. */
    asOf: instant,
    closedAt: instant,
  }),
});

export const withdrawalReceived = defineEvent({
  type: 'heed.dsar.withdrawal_received.v1',
  topics: internal,
  summary: 'A person withdrew consent by a mail to the privacy address: consent takes it from here.',
  data: z.strictObject({
    mailId: uuid,
    ref: subjectRef,
    aliases: z.array(subjectRef),
    /** `marketing`: no more mail of that kind; `all`: everything that rests on consent. */
    scope: classified('none', z.enum(['marketing', 'all'])),
    /** By the mail server's clock, never later than ours. */
    receivedAt: instant,
  }),
});

export const clearanceRequested = defineEvent({
  type: 'heed.dsar.clearance_requested.v1',
  topics: internal,
  summary: "A destructive dispatch asks for retention's leave, before every publication.",
  data: z.strictObject({ dispatchId, ref: subjectRef, aliases: z.array(subjectRef), attempt: classified('none', z.int().min(1)) }),
});

/** What notifications writes to a person; params hold no personal data, the address is looked up when it is sent. */
export const requestMessageWanted = defineEvent({
  type: 'heed.dsar.message_wanted.v1',
  topics: internal,
  summary: 'The person is to be written to about their case.',
  data: z.strictObject({
    messageId: uuid,
    requestId: uuid,
    ref: subjectRef,
    template: classified('none', z.enum(['request_received', 'request_closed', 'request_refused', 'request_extended'])),
    params: z.record(classified('none', z.string()), classified('organisational', z.string())),
  }),
});

export const dsarMapConfirmed = defineEvent({
  type: 'heed.dsar.map_confirmed.v1',
  topics: internal,
  summary: 'Dsar holds this version of the data map.',
  data: z.strictObject({ mapVersion: classified('none', z.int().min(1)) }),
});

export const dsarEvents = [requestOpened, requestClosed, erasureCompleted, withdrawalReceived, clearanceRequested, requestMessageWanted, dsarMapConfirmed] as const;
