import { instant, uuid } from '@heed/kernel';
import { z } from 'zod';

export const MESSAGE_STATES = ['queued', 'sending', 'sent', 'failed'] as const;

/** One mail and what became of it. */
export const messageAnswer = z
  .strictObject({
    id: uuid,
    kind: z.enum(['request', 'notice', 'reminder']),
    template: z.string(),
    requestId: uuid.nullable(),
    noticeId: uuid.nullable(),
    state: z.enum(MESSAGE_STATES),
    reason: z.string().nullable(),
    attempts: z.int().min(0),
    maybeTwice: z.boolean().describe('The process died while sending: nobody knows whether the first mail went out.'),
    createdAt: instant,
    nextAttemptAt: instant.nullable(),
    sentAt: instant.nullable(),
  })
  .meta({ id: 'Message' });
