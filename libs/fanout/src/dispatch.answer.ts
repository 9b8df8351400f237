import { assurance, commandKind, proof, tableEvidence } from '@heed/contracts-fanout';
import { dataStoreId, dispatchId, instant } from '@heed/kernel';
import { z } from 'zod';

const count = z.int().min(0);

const target = z.strictObject({
  dataStore: dataStoreId,
  state: z
    .enum(['pending', 'held', 'done', 'nothing_found', 'refused', 'failed', 'overdue', 'escalated', 'cancelled', 'superseded'])
    .describe('`done` and `nothing_found` are proven by `evidence`.'),
  attempts: count.describe('How often the command was sent.'),
  acknowledgedAt: instant.nullable(),
  rows: count.nullable().describe('Rows changed or destroyed.'),
  residue: count.nullable().describe('Rows that a second reading still found and that nothing explains.'),
  kept: count.nullable().describe('Rows kept on a stated ground.'),
  reason: z.string().nullable(),
  evidence: z
    .strictObject({ assurance, tables: z.array(tableEvidence), proof })
    .nullable()
    .describe("What the store's agent signed: how far it is proven, table by table."),
});

/** One dispatch as its owner tells it. */
export const dispatchAnswer = z
  .strictObject({
    id: dispatchId,
    kind: commandKind,
    cause: z.strictObject({ type: z.string(), id: z.string() }).describe('What it came of: a decision, a request, a hold.'),
    state: z.enum(['in_progress', 'held', 'overdue', 'done', 'cancelled']),
    mapVersion: z.int().min(1).describe('The version of the data map that its targets were chosen by.'),
    createdAt: instant,
    due: instant.describe('By when every store must have answered.'),
    closedAt: instant.nullable(),
    targets: z.array(target),
    notTargets: z.array(z.strictObject({ dataStore: dataStoreId, reason: z.string() })).describe('Why a store need not act.'),
    replayEnvelopes: count.describe('Of an erasure: for how many stores an envelope is kept that only they can open, should they be restored from a backup.'),
  })
  .meta({ id: 'Dispatch', description: 'One message to every store that must heed it, with what each has answered.' });
