import { instant, purposeId, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';
import { count, head } from './head.js';

const decision = z.enum(['given', 'refused', 'withdrawn', 'objected', 'expired', 'invalidated', 'terminated', 'requested', 'request_deferred', 'renewed_given']);
const decided = {
  recordId: uuid,
  decision,
  tookEffect: z.boolean().describe('False for a yes that happened before a later no.'),
  version: count.describe("The person's version that it made."),
  method: z.string(),
  occurredAt: instant,
  recordedAt: instant,
};

/** What a person decided about one purpose, under which words, and what they decided since. */
export const consentCertificate = z
  .strictObject({
    ...head('consent'),
    ref: subjectRef,
    purpose: z.strictObject({ id: purposeId, title: z.string().nullable(), policyVersion: z.int().min(1) }),
    decision: z.strictObject({ ...decided, actor: z.string() }),
    notice: z
      .strictObject({ id: z.string(), version: z.string(), language: z.string(), hash: z.string().describe('SHA-256 of the words that were shown.') })
      .nullable(),
    since: z.array(z.strictObject(decided)).describe('Oldest first.'),
    present: z.strictObject({ decision, recordId: uuid, since: instant }).nullable().describe('What held when this was issued.'),
  })
  .meta({ id: 'ConsentCertificateBody' });
export type ConsentCertificate = z.output<typeof consentCertificate>;
