import { STEP_UP_METHODS } from '@heed/auth';
import { requestType } from '@heed/contracts-ingress';
import { dataStoreId, dispatchId, instant, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';
import { REQUEST_STATES } from '../domain/request-state.js';

const state = z.enum(REQUEST_STATES);
const count = z.int().min(0);

export const requestOpenedAnswer = z
  .strictObject({
    id: uuid,
    state: z.literal('awaiting_verification'),
    clocks: z.strictObject({
      acknowledgeBy: instant.nullable().describe('By when it must be acknowledged, where the policy or the law says so.'),
      due: instant.describe('By when it must be resolved.'),
    }),
    dispatchIds: z.array(dispatchId),
  })
  .meta({ id: 'RequestOpened' });

/** A case as lists show it. */
export const requestSummary = z
  .strictObject({
    id: uuid,
    type: requestType,
    state,
    ref: subjectRef.nullable().describe('Null until it is known who the person is.'),
    asksAbout: z.array(subjectRef).describe('Refs that were merged with this person, or split off, while the erasure was open: until somebody says whether it is about them, nothing of it is sent.'),
    channel: z.string(),
    jurisdiction: z.string().nullable(),
    receivedAt: instant,
    acknowledgedAt: instant.nullable(),
    clocks: z.strictObject({
      acknowledgeBy: instant.nullable(),
      due: instant,
      sources: z.strictObject({ acknowledgeBy: z.string().nullable(), due: z.string() }).describe('The promise or the law behind each deadline.'),
      extensions: count,
    }),
    closedAt: instant.nullable(),
    dispatchIds: z.array(dispatchId),
    certificateId: uuid.nullable(),
  })
  .meta({ id: 'RequestSummary' });

const timelineEntry = z.strictObject({
  kind: z.string().describe('What happened, e.g. `opened`, `acknowledged`, `verified`, `approved`, `held`, `closed`.'),
  at: instant,
  actor: z.string().describe("The token's subject, or `heed`."),
  note: z.string().optional().describe('What a case worker wrote; only `analyst` and `dpo` read it.'),
  type: requestType.optional(),
  channel: z.string().optional(),
  method: z.string().optional(),
  reason: z.string().optional(),
  refs: z.array(subjectRef).optional().describe('Who was merged with this person, or split off.'),
  included: z.boolean().optional(),
  template: z.string().optional(),
  dispatchId: dispatchId.optional(),
  stores: count.optional(),
  stepUp: z.strictObject({ id: uuid, method: z.enum(STEP_UP_METHODS) }).optional().describe('The proof of presence that the act was done with.'),
  certificateId: uuid.optional(),
  deadline: instant.optional(),
  from: instant.optional(),
  due: instant.optional(),
  source: z.string().optional(),
});

/** A case with its timeline and what each store has answered. */
export const requestAnswer = z
  .strictObject({
    ...requestSummary.shape,
    policyVersion: z.int().min(1).describe('The policy version that its deadlines follow.'),
    verified: z.strictObject({ at: instant, by: z.string(), method: z.string() }).nullable(),
    approved: z.strictObject({ at: instant, by: z.string() }).nullable(),
    statusUrl: z.url().describe('The page on which the person sees where the request stands.'),
    message: z.string().nullable().optional().describe('What the person wrote, while the case is open; only `analyst` and `dpo` read it, and acts do not repeat it.'),
    timeline: z.array(timelineEntry),
    stores: z.array(
      z.strictObject({
        dataStore: dataStoreId,
        dispatchId,
        state: z.string(),
        rows: count.nullable(),
        residue: count.nullable(),
        kept: count.nullable(),
        acknowledgedAt: instant.nullable(),
      }),
    ),
  })
  .meta({ id: 'Request' });
