import { instant, purposeId, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';
import { registerState as decision } from './decision.js';
import { count, head } from './head.js';

const decided = {
  recordId: uuid,
  decision,
  tookEffect: z.boolean().describe('False for a yes that happened before a later no.'),
  version: count.describe("The person's version that it made."),
  method: z.string(),
  occurredAt: instant,
  recordedAt: instant,
  validUntil: instant.nullable().optional().describe('Until when a yes holds by itself; null: until it is taken back.'),
  domain: z.string().nullable().optional().describe('The branded domain that it was made on; null: everywhere.'),
};

/** What a person decided about one purpose, under which words, and what they decided since. */
export const consentCertificate = z
  .strictObject({
    ...head('consent'),
    ref: subjectRef,
    purpose: z.strictObject({ id: purposeId, title: z.string().nullable(), policyVersion: z.int().min(1) }),
    decision: z.strictObject({
      ...decided,
      actor: z.string(),
      jurisdiction: z.string().nullable().optional().describe('Where the person lives, as the caller said.'),
      basis: z.string().nullable().optional().describe('The legal ground of the purpose there, at that time.'),
    }),
    notice: z
      .strictObject({ id: z.string(), version: z.string(), language: z.string(), hash: z.string().describe('SHA-256 of the words that were shown.') })
      .nullable(),
    since: z.array(z.strictObject(decided)).describe('Oldest first.'),
    sinceIsPart: z.literal(true).optional().describe('More was decided between the decision and the first of these: the register has all.'),
    present: z.strictObject({ decision, recordId: uuid, since: instant }).nullable().describe('What held when this was issued.'),
  })
  .meta({ id: 'ConsentCertificateBody' });
export type ConsentCertificate = z.output<typeof consentCertificate>;
