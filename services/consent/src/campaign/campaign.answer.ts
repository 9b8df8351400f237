import { domain } from '@heed/contracts-ingress';
import { instant, purposeId, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

const count = z.int().min(0);

export const campaignAnswer = z
  .strictObject({
    id: uuid,
    notice: z.string(),
    version: z.string(),
    olderVersions: z.array(z.string()).describe('The versions of the notice that said something else: consent to them is asked for again.'),
    purposes: z.array(purposeId),
    deadline: instant.nullable(),
    onNoAnswer: z.enum(['keep', 'expire']),
    state: z.enum(['gathering', 'asking', 'expiring', 'closed']).describe('People are being found; are to be asked; those who did not answer are ended; over.'),
    createdAt: instant,
    closedAt: instant.nullable(),
    progress: z
      .strictObject({
        toAsk: count,
        asked: count.describe('Put to a person, answered or not.'),
        given: count,
        refused: count,
        notAnswered: count.describe('Asked, and nothing was said yet.'),
        expired: count.describe('Not answered until the deadline.'),
        skipped: z.strictObject({ askedRecently: count, refused: count, child: count }),
      })
      .describe('Questions: one purpose to one person.'),
  })
  .meta({ id: 'Campaign' });

export const personToAsk = z.strictObject({ ref: subjectRef, domain: domain.nullable(), purposes: z.array(purposeId) }).meta({ id: 'PersonToAsk' });

export const askAnswer = z
  .strictObject({
    purpose: purposeId,
    mayAsk: z.boolean(),
    reason: z.enum([
      'never_asked', 'no_answer', 'period_over', 'notice_changed', 'expired', 'refused', 'asked_recently', 'given', 'basis_without_consent', 'never_purpose',
      'purpose_unknown', 'child', 'age_unverified',
    ]),
    from: instant.nullable().describe('From when on the person may be asked, where that is known.'),
    since: instant.nullable().describe('When the decision that stands was made.'),
  })
  .meta({ id: 'MayAsk' });
