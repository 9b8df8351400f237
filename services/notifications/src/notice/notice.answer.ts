import { instant, uuid } from '@heed/kernel';
import { z } from 'zod';

const count = z.int().min(0);

/** What was announced, and how far it has got. */
export const noticeSummary = z
  .strictObject({
    id: uuid,
    policyVersion: z.int().min(1),
    state: z.enum(['waiting_for_recipients', 'sending', 'incomplete', 'delivered', 'published']),
    effectiveFrom: instant,
    promise: z.string().describe('The promise that it keeps, e.g. `AJU-56`.'),
    channels: z.array(z.string()),
    audience: z.array(z.string()),
    recipients: count,
    delivered: count,
    failed: count,
    announcedAt: instant,
    publishedAt: instant.nullable(),
    endedAt: instant.nullable(),
  })
  .meta({ id: 'NoticeSummary' });

export const noticeAnswer = z
  .strictObject({
    ...noticeSummary.shape,
    changes: z.array(z.string()).describe('What changes, in words for people.'),
    recipientStates: z.array(
      z.strictObject({
        id: uuid,
        email: z.string().describe('Masked; empty once the recipient is erased.'),
        state: z.enum(['queued', 'sending', 'delivered', 'failed']),
        deliveredAt: instant.nullable(),
        attempts: count,
        reason: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Notice' });
