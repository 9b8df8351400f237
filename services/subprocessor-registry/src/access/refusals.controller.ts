import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { UnitOfWork } from '@heed/persistence';
import { Controller, Get, Query } from '@nestjs/common';
import { refusalAnswer } from './access.answer.js';
import { idAfter } from './position.js';

interface Row {
  readonly id: string;
  readonly minute: Date;
  readonly service: string;
  readonly route: string;
  readonly code: string;
  readonly holderId: string | null;
  readonly count: number;
}

/** `/v1/refusals`: attempts that were refused, without personal data. */
@Controller('v1/refusals')
export class RefusalsController {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  @Get()
  @Operation({
    id: 'listRefusals',
    summary: 'Lists refused attempts with tokens of this tenant, newest minute first',
    description: 'Counted by minute, route, reason and caller, by every replica for itself. Attempts without a valid token belong to no tenant: the log and `heed_http_refused_total` have them.',
    query: pageQuery,
    answers: { 200: pageAnswer(refusalAnswer) },
  })
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<Row>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    // Ids are made of the minute, so their order is that of time.
    const rows = await this.unitOfWork.run(call.tenant, (tx) =>
      tx.query<Row>(
        `SELECT id, minute, service, route, code, holder_id AS "holderId", count FROM refusal WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`,
        [idAfter(cursor), limit + 1],
      ),
    );
    return pageOf(rows, limit, (row) => row.id);
  }
}
