import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { notFound } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { packBodies, packOfCall, packQuery } from './adapters/pack-body.js';
import { presentPolicy } from './adapters/present-policy.js';
import { policyAnswer, policyVersion, publicationAnswer } from './policy.answer.js';
import { policiesBefore, policyOf } from './policy.store.js';
import type { PolicyRow } from './policy.store.js';
import { PublishPolicy } from './publish-policy.use-case.js';

const MAX_VERSION = 2_147_483_647;
const VERSION = /^[1-9][0-9]{0,8}$/;

/** `/v1/policies`: every version of a tenant's policy, with what it changed (AJU-57). */
@Controller('v1/policies')
export class PoliciesController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly publishPolicy: PublishPolicy,
  ) {}

  @Post()
  @Operation({
    id: 'publishPolicy',
    summary: 'Publishes a version of the policy and announces it as the version in force promises',
    description:
      'The pack as YAML or JSON; the same pack again publishes nothing, and its date cannot be moved (409 says which one stands). A date that ' +
      'comes before the promised notice is refused, naming the earliest one (AJU-56). What is wrong with a pack is told as `pack_invalid`, with a pointer and, in YAML, the line.',
    query: packQuery,
    body: packBodies,
    answers: {
      200: { description: 'This version was published before.', forms: { 'application/json': publicationAnswer } },
      201: { description: 'Published.', forms: { 'application/json': publicationAnswer } },
    },
    refusals: { 409: ['policy_already_announced', 'policy_already_in_force'], 422: ['policy_notice_too_short', 'policy_before_earlier_version', 'notice_reworded'] },
  })
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
  @Operation({
    id: 'listPolicies',
    summary: 'Lists the versions of the policy, newest first',
    query: pageQuery,
    answers: { 200: pageAnswer(policyVersion) },
    leadsTo: { getPolicy: { version: '/items/0/version' } },
  })
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<unknown>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    const before = Number(readCursor(cursor) ?? MAX_VERSION);
    const rows = await this.unitOfWork.run(call.tenant, (tx) => policiesBefore(tx, Number.isInteger(before) ? before : MAX_VERSION, limit + 1));
    const page = pageOf(rows, limit, (row) => String(row.version));
    return { items: page.items.map(presentPolicy), nextCursor: page.nextCursor };
  }

  @Get(':version')
  @Operation({
    id: 'getPolicy',
    summary: 'Shows a version of the policy with what it changed',
    description: 'Older versions can always be had (AJU-57).',
    params: z.object({ version: z.string().regex(VERSION) }),
    answers: { 200: policyAnswer },
    refusals: { 404: ['not_found'] },
  })
  async get(@FromCall() call: Call, @Param('version') version: string): Promise<unknown> {
    if (!VERSION.test(version)) throw notFound('policy version');
    const row = await this.unitOfWork.run(call.tenant, (tx) => policyOf(tx, Number(version)));
    if (!row) throw notFound('policy version');
    return { ...presentPolicy(row), diff: row.diff, pack: row.pack };
  }
}

function receipt(row: PolicyRow): Readonly<Record<string, unknown>> {
  return { version: row.version, hash: row.hash, state: row.state, effectiveFrom: row.effective_from, diff: row.diff, noticeId: row.notice_id };
}
