import { identifierType, instant, purposeId, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';
import { decision } from '../consent-record/consent.answer.js';

export const subjectAnswer = z
  .strictObject({
    ref: subjectRef.describe('Under which the person is known: another one than was asked for, where that was merged.'),
    aliases: z.array(subjectRef).describe('Refs that were found to be the same person.'),
    version: z.int().min(0).describe('Grows with every decision.'),
    since: instant,
    erasedAt: instant.nullable().describe('When Heed forgot who this is; what was decided stays under the ref.'),
    identifiers: z.array(z.strictObject({ type: identifierType })),
    preferences: z.array(z.strictObject({ purpose: purposeId, state: decision, recordId: uuid, since: instant })),
  })
  .meta({ id: 'Subject' });
