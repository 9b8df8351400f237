import { dispatchId, instant, purposeId, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

export const decision = z.enum(['given', 'refused', 'withdrawn']);

export const decisionsRecorded = z
  .strictObject({
    ref: subjectRef,
    records: z.array(z.strictObject({ id: uuid, purpose: purposeId, state: decision.describe('What holds now.') })),
    dispatchIds: z.array(dispatchId),
  })
  .meta({ id: 'DecisionsRecorded' });

export const withdrawalAccepted = z
  .strictObject({ id: uuid, ref: subjectRef, dispatchId })
  .meta({ id: 'WithdrawalAccepted' });

export const consentRecord = z
  .strictObject({
    id: uuid,
    ref: subjectRef,
    purpose: purposeId,
    state: decision,
    tookEffect: z.boolean().describe('False for a yes that happened before a later no.'),
    policyVersion: z.int().min(1),
    noticeId: z.string().nullable(),
    noticeVersion: z.string().nullable(),
    noticeLanguage: z.string().nullable(),
    noticeHash: z.string().nullable().describe('SHA-256 of the words that were shown.'),
    method: z.string().describe('By which way it reached us.'),
    actor: z.string().describe('Whose token recorded it.'),
    occurredAt: instant,
    recordedAt: instant,
  })
  .meta({ id: 'ConsentRecord' });
