import { classified, defineEvent, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

/** Internal, and told to the tenant's platform teams. */
const topics = ['heed.consent.events.v1', 'heed.t.{tenant}.events.v1'];

/** The most refs that an event names beside the person's own: those that were found last. */
export const MAX_ALIASES = 64;

const changed = {
  ref: subjectRef,
  /** The ref that was found to be the same person, or is its own person again. */
  alias: subjectRef,
  /** Every other ref of the person after the change, the latest first. */
  aliases: z.array(subjectRef).max(MAX_ALIASES),
  /** The person's version after the change. */
  version: classified('none', z.int().min(1)),
  /** The change as consent's history of the person has it. */
  changeId: uuid,
  /** A code such as `same_person` or `login`. */
  reason: classified('none', z.string()),
};

export const personMerged = defineEvent({
  type: 'heed.consent.person_merged.v1',
  topics,
  summary: 'Two refs were found to be one person; what is said of either counts for both.',
  data: z.strictObject({
    ...changed,
    /** `login`: nothing but a cookie or a device was known of the alias. */
    kind: classified('none', z.enum(['merge', 'login'])),
  }),
});

export const personSplit = defineEvent({
  type: 'heed.consent.person_split.v1',
  topics,
  summary: 'A ref that had been merged is a person of its own again.',
  data: z.strictObject(changed),
});
