import { FromCall, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { notFound } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { packOfCall } from './adapters/pack-body.js';
import { presentPolicy } from './adapters/present-policy.js';
import { policiesBefore, policyOf } from './policy.store.js';
import type { PolicyRow } from './policy.store.js';
import { PublishPolicy } from './publish-policy.use-case.js';

const MAX_VERSION = 2_147_483_647;

/** `/v1/policies`: every version of a tenant's policy, with what it changed (AJU-57). */
@Controller('v1/policies')
export class PoliciesController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly publishPolicy: PublishPolicy,
  ) {}

  @Post()
  async publish(
    @FromCall() call: Call,
    @Body() body: unknown,
    @Query() query: Record<string, string>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { pack, effectiveFrom } = packOfCall(body, query);
    const { created, answer } = await runCall(this.unitOfWork, call, async (tx) => {
      const publication = await this.publishPolicy.run(tx, pack, effectiveFrom, call.actor);
      return { created: publication.created, answer: receipt(publication.policy) };
    });
    void reply.status(created ? 201 : 200);
    return answer;
  }

  @Get()
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<unknown>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    const before = Number(readCursor(cursor) ?? MAX_VERSION);
    const rows = await this.unitOfWork.run(call.tenant, (tx) => policiesBefore(tx, Number.isInteger(before) ? before : MAX_VERSION, limit + 1));
    const page = pageOf(rows, limit, (row) => String(row.version));
    return { items: page.items.map(presentPolicy), nextCursor: page.nextCursor };
  }

  @Get(':version')
  async get(@FromCall() call: Call, @Param('version') version: string): Promise<unknown> {
    if (!/^[1-9][0-9]{0,8}$/.test(version)) throw notFound('policy version');
    const row = await this.unitOfWork.run(call.tenant, (tx) => policyOf(tx, Number(version)));
    if (!row) throw notFound('policy version');
    return { ...presentPolicy(row), diff: row.diff, pack: row.pack };
  }
}

function receipt(row: PolicyRow): Readonly<Record<string, unknown>> {
  return { version: row.version, hash: row.hash, state: row.state, effectiveFrom: row.effective_from, diff: row.diff, noticeId: row.notice_id };
}
