import { problemOf } from '@heed/http';
import { dispatchId, purposeId, subjectRef, uuid } from '@heed/kernel';
import type { HeedError } from '@heed/kernel';
import { z } from 'zod';
import type { Recorded } from '../consent-record/decision-call.js';
import type { BulkLine, UnreadableLine } from './bulk-line.js';
import { lineId } from './bulk-line.js';

const status = z.enum(['recorded', 'duplicate', 'refused', 'invalid', 'unknown', 'valid']);

/** What became of one line. */
export const lineResult = z
  .strictObject({
    line: z.int().min(1).describe('Which line of what was sent, from 1.'),
    id: lineId.nullable().describe('Null where the line has none.'),
    status: status.describe(
      '`duplicate`: done before, with the answer of then. `refused`: by the policy. `invalid`: cannot be read. `unknown`: the database went away; send the line again. `valid`: would be recorded (dry run).',
    ),
    ref: subjectRef.optional(),
    records: z.array(z.strictObject({ id: uuid, purpose: purposeId, state: z.string().describe('What holds now.') })).optional(),
    dispatchIds: z.array(dispatchId).optional(),
    error: z
      .strictObject({
        code: z.string(),
        detail: z.string(),
        promise: z.string().optional(),
        errors: z.array(z.strictObject({ pointer: z.string(), code: z.string(), detail: z.string() })).optional(),
      })
      .optional()
      .describe('The members of problem details (RFC 9457) that say something about a line.'),
  })
  .meta({ id: 'LineResult' });
export type LineResult = z.output<typeof lineResult>;

/** What is kept under a line's key, and answered when it comes again. */
export type KeptAnswer = Pick<Recorded, 'ref' | 'records' | 'dispatchIds'>;

export function answered({ number, id }: BulkLine, outcome: 'recorded' | 'duplicate', { ref, records, dispatchIds }: KeptAnswer): LineResult {
  return { line: number, id, status: outcome, ref, records: [...records], dispatchIds: [...dispatchIds] };
}

export function wouldBeRecorded({ number, id }: BulkLine): LineResult {
  return { line: number, id, status: 'valid' };
}

export function failed({ number, id }: Pick<BulkLine | UnreadableLine, 'number' | 'id'>, error: HeedError): LineResult {
  const { code, detail, promise, errors } = problemOf(error);
  return {
    line: number,
    id,
    status: statusOf(error),
    error: { code, detail, ...(promise ? { promise } : {}), ...(errors ? { errors } : {}) },
  };
}

function statusOf({ kind }: HeedError): LineResult['status'] {
  if (kind === 'unavailable' || kind === 'too_many' || kind === 'internal') return 'unknown';
  return kind === 'malformed' || kind === 'too_large' ? 'invalid' : 'refused';
}
