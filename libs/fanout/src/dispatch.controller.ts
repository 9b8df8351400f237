import type { Acknowledgement } from '@heed/contracts-fanout';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { dispatchId, dispatchOwner, malformed, notFound } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { dispatchAnswer } from './dispatch.answer.js';
import { keptForReplay } from './replay-vault.js';

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly cause: Record<string, string>;
  readonly state: string;
  readonly map_version: number;
  readonly skipped: { dataStore: string; reason: string }[];
  readonly created_at: Date;
  readonly due_at: Date;
  readonly closed_at: Date | null;
}

interface TargetRow {
  readonly dispatch_id: string;
  readonly data_store: string;
  readonly state: string;
  readonly attempts: number;
  readonly rows: string | null;
  readonly residue: string | null;
  readonly kept: string | null;
  readonly reason: string | null;
  readonly acknowledged_at: Date | null;
  readonly evidence: Acknowledgement | null;
}

const listQuery = pageQuery.extend({
  state: z.enum(['in_progress', 'held', 'overdue', 'done', 'cancelled']).optional(),
  owner: dispatchOwner.optional().describe('Whose dispatches; the origin finds the service by it, so it is needed there.'),
});
const params = z.object({ id: dispatchId });
const tag = { name: 'dispatches', description: 'What was sent to the data stores, and what each has answered. The prefix of an id names its owner.' };

const SELECT = 'SELECT id, kind, cause, state, map_version, skipped, created_at, due_at, closed_at FROM dispatch';

/** `/v1/dispatches` of one owner. */
@Controller('v1/dispatches')
export class DispatchController {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  @Get()
  @Operation({
    id: 'listDispatches',
    summary: 'Lists dispatches of one owner, newest first',
    tag,
    query: listQuery,
    answers: { 200: pageAnswer(dispatchAnswer) },
    leadsTo: { getDispatch: { id: '/items/0/id' } },
  })
  async list(@FromCall() call: Call, @Query() query: unknown): Promise<Page<unknown>> {
    const { limit, cursor, state } = parseBody(listQuery, query);
    const before = readCursor(cursor) ?? '~';
    if (cursor && !dispatchId.safeParse(before).success) throw malformed('cursor_malformed', 'The cursor is not one that a list gave.');
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const rows = await tx.query<Row>(`${SELECT} WHERE id < $1 AND ($3::text IS NULL OR state = $3) ORDER BY id DESC LIMIT $2`, [
        before,
        limit + 1,
        state ?? null,
      ]);
      const page = pageOf(rows, limit, (row) => row.id);
      return { items: await present(tx, page.items), nextCursor: page.nextCursor };
    });
  }

  @Get(':id')
  @Operation({
    id: 'getDispatch',
    summary: 'Shows one dispatch with every store that must heed it',
    description: 'Also says which stores were not targets, and why.',
    tag,
    params,
    answers: { 200: dispatchAnswer },
    refusals: { 404: ['not_found', 'dispatch_unknown'] },
  })
  async get(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    if (!dispatchId.safeParse(id).success) throw notFound('dispatch');
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const rows = await tx.query<Row>(`${SELECT} WHERE id = $1`, [id]);
      const [one] = await present(tx, rows);
      if (!one) throw notFound('dispatch');
      return one;
    });
  }
}

async function present(tx: Tx, rows: readonly Row[]): Promise<readonly unknown[]> {
  const targets = await tx.query<TargetRow>(
    `SELECT dispatch_id, data_store, state, attempts, rows, residue, kept, reason, acknowledged_at, evidence
       FROM dispatch_target WHERE dispatch_id = ANY($1) ORDER BY data_store`,
    [rows.map((row) => row.id)],
  );
  const kept = await keptForReplay(tx, rows.map((row) => row.id));
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    cause: row.cause,
    state: row.state,
    mapVersion: row.map_version,
    createdAt: row.created_at,
    due: row.due_at,
    closedAt: row.closed_at,
    targets: targets.filter((target) => target.dispatch_id === row.id).map(presentTarget),
    notTargets: row.skipped,
    replayEnvelopes: kept.get(row.id) ?? 0,
  }));
}

function presentTarget(target: TargetRow): unknown {
  const number = (value: string | null): number | null => (value === null ? null : Number(value));
  return {
    dataStore: target.data_store,
    state: target.state,
    attempts: target.attempts,
    acknowledgedAt: target.acknowledged_at,
    rows: number(target.rows),
    residue: number(target.residue),
    kept: number(target.kept),
    reason: target.reason,
    evidence: target.evidence && { assurance: target.evidence.body.assurance, tables: target.evidence.body.tables, proof: target.evidence.proof },
  };
}
