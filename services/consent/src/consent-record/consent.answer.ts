import { dispatchId, instant, purposeId, subjectRef, uuid } from '@heed/kernel';
import { BASES } from '@heed/policy';
import { z } from 'zod';
import { DECISIONS, RECORDED_STATES } from './decision.js';

export const decision = z.enum(DECISIONS);

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
    state: z.enum(RECORDED_STATES),
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
    jurisdiction: z.string().nullable().describe('Where the person lives, as the caller said.'),
    basis: z.enum(BASES).nullable().describe('The legal ground of the purpose there, at that time.'),
    validUntil: instant.nullable().describe('When a yes ends by itself.'),
    domain: z.string().nullable().describe('The branded domain that a cookie choice was made on; null: everywhere.'),
    network: z.string().nullable().describe('From which network, truncated.'),
    detail: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'ConsentRecord' });
