import { parentalConsent } from '@heed/contracts-ingress';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call } from '@heed/http';
import { malformed, notFound, subjectRef } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { metAgain } from '../subject/met-at-once.js';
import { childCase } from './children.answer.js';
import { ResolveCase } from './resolve-case.use-case.js';

const TAG = { name: 'children', description: 'People who are children, or may be.' };
const query = pageQuery.extend({ state: z.enum(['open', 'resolved']).optional().describe('Both where left out.') });
const age = z.int().min(0).max(130).optional().describe('In whole years, where it is known; the strictest is taken where it is not.');
const resolution = z
  .discriminatedUnion('outcome', [
    z.strictObject({ outcome: z.literal('adult') }),
    z.strictObject({ outcome: z.literal('child'), age }),
    z.strictObject({ outcome: z.literal('parental_consent'), age, parentalConsent }),
  ])
  .meta({ id: 'ChildResolution' });
const params = z.object({ ref: subjectRef });

/** What is known of a ref that leads to somebody else counts for that person, and by itself again when they part. */
const SELECT = `SELECT ref, CASE WHEN resolved_at IS NULL THEN 'open' ELSE 'resolved' END AS state, reason, channel, standing, at_least AS "atLeast",
  opened_at AS "openedAt", resolved_at AS "resolvedAt", outcome FROM person_age a
 WHERE opened_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM subject s WHERE s.ref = a.ref AND s.person IS NOT NULL)`;

/** `/v1/children`: the cases that a privacy officer looks at (AJU-24, AUR-32, ASK-21). */
@Controller('v1/children')
export class ChildrenController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly resolveCase: ResolveCase,
  ) {}

  @Get()
  @Operation({
    id: 'listChildCases',
    summary: 'Lists people who are children or may be, newest first',
    description: 'By ref only. Of an age no more is kept than the highest limit that it reaches.',
    tag: TAG,
    query,
    answers: { 200: pageAnswer(childCase) },
  })
  async list(@FromCall() call: Call, @Query() raw: unknown): Promise<unknown> {
    const { limit, cursor, state } = parseBody(query, raw);
    const [at, ref] = cursorOf(cursor);
    const rows = await this.unitOfWork.run(call.tenant, (tx) =>
      tx.query<{ ref: string; openedAt: Date }>(
        `${SELECT} AND ($1::timestamptz IS NULL OR (opened_at, ref) < ($1, $2)) AND ($3::text IS NULL OR ($3 = 'open') = (resolved_at IS NULL))
         ORDER BY opened_at DESC, ref DESC LIMIT $4`,
        [at, ref, state ?? null, limit + 1],
      ),
    );
    return pageOf(rows, limit, (row) => `${row.openedAt.toISOString()} ${row.ref}`);
  }

  @Post(':ref/resolve')
  @HttpCode(200)
  @Operation({
    id: 'resolveChildCase',
    summary: 'Says what somebody found out about a person who may be a child',
    description: 'A grown-up may decide again, and is asked again: what was put off meanwhile is not granted by this. A child keeps nothing that follows or targets them, and the rest only with a parent.',
    tag: TAG,
    params,
    body: resolution,
    example: { outcome: 'parental_consent', parentalConsent: { method: 'signed_form', reference: 'form-2026-118', verifiedAt: '2026-11-21T10:00:00Z' } },
    answers: { 200: childCase },
    refusals: { 404: ['not_found'] },
  })
  async resolve(@FromCall() call: Call, @Param('ref') ref: string, @Body() body: unknown): Promise<unknown> {
    if (!subjectRef.safeParse(ref).success) throw notFound('person');
    const found = parseBody(resolution, body);
    const resolved = (): Promise<unknown> => runCall(this.unitOfWork, call, async (tx) => caseOf(tx, await this.resolveCase.run(tx, ref, found, call.actor, call.cause)));
    return metAgain(resolved);
  }
}

async function caseOf(tx: Tx, ref: string): Promise<unknown> {
  const [row] = await tx.query(`${SELECT} AND ref = $1`, [ref]);
  return row;
}

function cursorOf(cursor: string | undefined): readonly [string | null, string | null] {
  const after = readCursor(cursor);
  if (after === undefined) return [null, null];
  const [at = '', ref = ''] = after.split(' ');
  if (Number.isNaN(Date.parse(at)) || !subjectRef.safeParse(ref).success) throw malformed('cursor_malformed', 'The cursor is not one that a list gave.');
  return [at, ref];
}
