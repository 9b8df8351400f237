import { decisionSetBody } from '@heed/contracts-ingress';
import { classified, instant, purposeId, subject, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';
import { decision } from '../consent-record/consent.answer.js';

const MAX_ITEMS = 500;

export const syncItem = z
  .strictObject({
    subject,
    purpose: purposeId,
    decision: classified('none', z.enum(['given', 'refused', 'withdrawn'])),
    occurredAt: instant,
    externalId: classified('organisational', z.string().regex(/^[\x21-\x3f\x41-\x7e]{1,128}$/, "the source's own id of this decision, never an address")),
    jurisdiction: decisionSetBody.shape.jurisdiction,
  })
  .meta({ id: 'SyncItem' });
export type SyncItem = z.output<typeof syncItem>;

export const syncBody = z
  .strictObject({
    source: classified('organisational', z.string().regex(/^[a-z][a-z0-9-]{0,62}$/)).describe('The system that it comes from, e.g. `crm`.'),
    items: z.array(syncItem).min(1).max(MAX_ITEMS),
  })
  .meta({ id: 'Sync' });

export const OUTCOMES = ['recorded', 'unchanged', 'without_effect', 'duplicate', 'refused'] as const;

export const syncAnswer = z
  .strictObject({
    items: z.array(
      z.strictObject({
        externalId: z.string(),
        outcome: z
          .enum(OUTCOMES)
          .describe('`unchanged`: it was so already; `without_effect`: a yes that is no younger than a no here; `duplicate`: taken before; `refused`: see `code`.'),
        ref: subjectRef.nullable(),
        recordId: uuid.nullable(),
        state: decision.nullable().describe('What holds now.'),
        code: z.string().optional(),
        detail: z.string().optional(),
        promise: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'SyncAnswer' });
export type SyncResult = z.output<typeof syncAnswer>['items'][number];
