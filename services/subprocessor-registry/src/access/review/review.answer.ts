import { ROLES } from '@heed/auth';
import { instant, uuid } from '@heed/kernel';
import { z } from 'zod';

const count = z.int().min(0);

export const reviewAnswer = z
  .strictObject({
    id: uuid,
    state: z.enum(['open', 'overdue', 'closed']),
    openedAt: instant,
    dueAt: instant.describe('Until then everything is to be decided, or the review before is older than promised.'),
    closedAt: instant.nullable(),
    every: z.string().describe('How often the policy promises a review, e.g. `P3M`.'),
    promise: z.string().describe('The promise that it keeps, e.g. `AJU-50`.'),
    entries: count,
    undecided: count,
  })
  .meta({ id: 'AccessReview' });

export const entryAnswer = z
  .strictObject({
    id: uuid,
    holderId: uuid,
    subject: z.string(),
    role: z.enum(ROLES),
    since: instant.describe('When the holder was first seen with the role.'),
    lastSeen: instant,
    decision: z.enum(['keep', 'revoke']).nullable(),
    decidedBy: z.string().nullable(),
    decidedAt: instant.nullable(),
    note: z.string().nullable(),
  })
  .meta({ id: 'AccessReviewEntry' });

export const reviewWithEntries = z
  .strictObject({ ...reviewAnswer.shape, items: z.array(entryAnswer), nextCursor: z.string().nullable() })
  .meta({ id: 'AccessReviewWithEntries' });
