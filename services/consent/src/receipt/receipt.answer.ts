import { instant, purposeId, subjectRef, uuid } from '@heed/kernel';
import { BASES } from '@heed/policy';
import { z } from 'zod';
import { RECORDED_STATES } from '../consent-record/decision.js';

const record = z.strictObject({
  id: uuid,
  ref: subjectRef,
  version: z.int().describe("The person's version that it made."),
  purpose: purposeId,
  state: z.enum(RECORDED_STATES),
  tookEffect: z.boolean().describe('False for a yes that happened before a later no.'),
  policyVersion: z.int().min(1),
  notice: z.strictObject({ id: z.string(), version: z.string(), language: z.string(), hash: z.string().describe('SHA-256 of the words that were shown.') }).nullable(),
  method: z.string().describe('By which way it reached us.'),
  actor: z.string().describe('Whose token recorded it.'),
  occurredAt: instant,
  recordedAt: instant,
  jurisdiction: z.string().nullable(),
  basis: z.enum(BASES).nullable(),
  validUntil: instant.nullable(),
  domain: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()).nullable(),
});

/** A line of the extract: a record, and at the end how many there were. */
export const registerLine = z
  .union([z.strictObject({ record }), z.strictObject({ end: z.strictObject({ ref: subjectRef, records: z.int().min(0), at: instant }) })])
  .meta({ id: 'RegisterLine' });
