import { instant, subjectRef } from '@heed/kernel';
import { z } from 'zod';

export const childCase = z
  .strictObject({
    ref: subjectRef,
    state: z.enum(['open', 'resolved']),
    reason: z.enum(['age_stated', 'child_signal']).describe('A number below the limit, or a signal without one.'),
    channel: z.string().describe('By which way it became known.'),
    standing: z.enum(['stated', 'suspected', 'verified']),
    atLeast: z.int().nullable().describe('The highest age limit that is reached; null where only a signal is known. No more is kept of an age.'),
    openedAt: instant,
    resolvedAt: instant.nullable(),
    outcome: z.enum(['adult', 'child', 'parental_consent']).nullable(),
  })
  .meta({ id: 'ChildCase' });
