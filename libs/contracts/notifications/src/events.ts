import { classified, defineEvent, instant, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

const topics = ['heed.notifications.events.v1'];
const version = classified('none', z.int().min(1));

export const messageSent = defineEvent({
  type: 'heed.notifications.message_sent.v1',
  topics,
  summary: 'The mail server took the message over.',
  data: z.strictObject({ messageId: uuid, requestId: uuid.nullable(), ref: subjectRef, template: classified('none', z.string()), sentAt: instant }),
});

export const messageFailed = defineEvent({
  type: 'heed.notifications.message_failed.v1',
  topics,
  summary: 'The message could not be sent and will not be tried again.',
  data: z.strictObject({
    messageId: uuid,
    requestId: uuid.nullable(),
    ref: subjectRef,
    template: classified('none', z.string()),
    reason: classified('none', z.string()),
  }),
});

export const noticeDelivered = defineEvent({
  type: 'heed.notifications.notice_delivered.v1',
  topics,
  summary: 'One recipient of a policy-change notice has it; the promised lead time runs from here.',
  data: z.strictObject({
    noticeId: uuid,
    policyVersion: version,
    recipientId: uuid,
    deliveredAt: instant,
    /** Recipients of this notice, and those that have it by now. */
    recipients: classified('none', z.int().min(1)),
    delivered: classified('none', z.int().min(1)),
  }),
});

export const noticePublished = defineEvent({
  type: 'heed.notifications.notice_published.v1',
  topics,
  summary: 'The notice stands where the policy says it will: its page or console. No single recipient is meant.',
  data: z.strictObject({ noticeId: uuid, policyVersion: version, publishedAt: instant }),
});

export const notificationsEvents = [messageSent, messageFailed, noticeDelivered, noticePublished] as const;
