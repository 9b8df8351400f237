import { classified, defineEvent, dispatchId, instant, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

const internal = ['heed.retention.events.v1'];
const facts = ['heed.retention.events.v1', 'heed.t.{tenant}.events.v1'];

export const cleared = defineEvent({
  type: 'heed.retention.cleared.v1',
  topics: internal,
  summary: 'No hold stands in the way of this destructive dispatch until the clearance expires.',
  data: z.strictObject({
    dispatchId,
    ref: subjectRef,
    attempt: classified('none', z.int().min(1)),
    clearanceId: uuid,
    expiresAt: instant,
  }),
});

export const clearanceHeld = defineEvent({
  type: 'heed.retention.clearance_held.v1',
  topics: internal,
  summary: 'A legal hold stands in the way of this destructive dispatch.',
  data: z.strictObject({ dispatchId, ref: subjectRef, attempt: classified('none', z.int().min(1)), holdIds: z.array(uuid).min(1) }),
});

const hold = { holdId: uuid, ref: subjectRef, dispatchId };

export const holdPlaced = defineEvent({
  type: 'heed.retention.hold_placed.v1',
  topics: facts,
  summary: 'A legal hold protects what is known of a person.',
  data: z.strictObject(hold),
});

/** Said beside `holdPlaced`, which knows the person by one ref alone. */
export const holdPlacedOnPerson = defineEvent({
  type: 'heed.retention.hold_placed.v2',
  topics: facts,
  summary: 'A legal hold protects what is known of a person, under whatever ref.',
  data: z.strictObject({ ...hold, aliases: z.array(subjectRef) }),
});

export const holdReleased = defineEvent({
  type: 'heed.retention.hold_released.v1',
  topics: facts,
  summary: 'A legal hold is over; what it held back goes on.',
  data: z.strictObject({ ...hold, aliases: z.array(subjectRef) }),
});

export const retentionMapConfirmed = defineEvent({
  type: 'heed.retention.map_confirmed.v1',
  topics: internal,
  summary: 'Retention holds this version of the data map.',
  data: z.strictObject({ mapVersion: classified('none', z.int().min(1)) }),
});

export const retentionEvents = [cleared, clearanceHeld, holdPlaced, holdPlacedOnPerson, holdReleased, retentionMapConfirmed] as const;
