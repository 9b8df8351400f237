import { requestBody } from '@heed/contracts-ingress';
import { FieldVault } from '@heed/crypto';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { isHeedError, uuid, uuidv7 } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { ENVIRONMENT } from '@heed/runtime';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { DsarEnvironment } from '../../dsar.config.js';
import { People } from '../../person/people.js';
import { ResolvePeople } from '../../person/resolve-people.job.js';
import { OpenRequests } from '../app/open-requests.use-case.js';
import type { OpenedRequest } from '../app/open-requests.use-case.js';
import { WorkRequest } from '../app/work-request.use-case.js';
import { REQUEST_STATES } from '../domain/request-state.js';
import { presentRequest, presentSummary } from './present-request.js';
import { requestAnswer, requestOpenedAnswer, requestSummary } from './request.answer.js';
import { findRequest, listRequests } from './request.store.js';

const words = z.string().trim().min(1).max(2000);
const verifyBody = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('operator_attested'), note: words }),
  z.strictObject({ method: z.literal('code'), code: z.string().max(64) }),
]);
const noteBody = z.strictObject({ note: words.optional() }).default({});
const refuseBody = z.strictObject({ reason: words });
/** Without a reason the act is in conflict with the promise, not with the form (AJU-41). */
const extendBody = z.strictObject({ reason: z.string().trim().max(2000).default('') }).default({ reason: '' });
const listQuery = pageQuery.extend({ state: z.enum(REQUEST_STATES).optional() });
const params = z.object({ id: uuid });

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Who may read what a person and the case workers wrote. */
const CASE_WORKERS = ['analyst', 'dpo'];

/** `/v1/requests`: cases and what people do to them. */
@Controller('v1/requests')
export class RequestController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly requests: OpenRequests,
    private readonly work: WorkRequest,
    private readonly people: People,
    private readonly resolving: ResolvePeople,
    private readonly vault: FieldVault,
    @Inject(ENVIRONMENT) private readonly environment: DsarEnvironment,
  ) {}

  @Post()
  @HttpCode(201)
  @Operation({
    id: 'openRequest',
    summary: "Opens a person's request, such as to be erased",
    description: 'The deadlines of the policy and the law run from its arrival (AJU-39, AJU-40). The person gets a mail with the way to a status page.',
    body: requestBody.meta({ id: 'NewRequest' }),
    answers: { 201: requestOpenedAnswer },
    refusals: { 422: ['request_type_not_offered', 'request_type_not_served'] },
  })
  async open(@FromCall() call: Call, @Body() body: unknown): Promise<OpenedRequest> {
    const wanted = parseBody(requestBody, body);
    const person = await this.people.find(call.tenant, wanted.subject.identifiers);
    return runCall(this.unitOfWork, call, async (tx) => {
      const receivedAt = tx.clock.now();
      const [opened] = await this.requests.open(tx, [
        { id: uuidv7(receivedAt), body: wanted, actor: call.actor, channel: wanted.channel, receivedAt, person },
      ]);
      if (!opened) throw new Error('unreachable: one case was asked for');
      if (!person) tx.afterCommit(() => this.resolving.hint(call.tenant));
      return opened;
    });
  }

  @Get()
  @Operation({
    id: 'listRequests',
    summary: 'Lists requests, newest first',
    query: listQuery,
    answers: { 200: pageAnswer(requestSummary) },
  })
  async list(@FromCall() call: Call, @Query() query: unknown): Promise<Page<unknown>> {
    const { limit, cursor, state } = parseBody(listQuery, query);
    const before = parseBody(z.uuid(), readCursor(cursor) ?? LAST_ID);
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const page = pageOf(await listRequests(tx, { before, limit, state: state ?? null }), limit, (row) => row.id);
      return { items: page.items.map(presentSummary), nextCursor: page.nextCursor };
    });
  }

  @Get(':id')
  @Operation({
    id: 'getRequest',
    summary: 'Shows a request with its deadlines, its timeline and what each store has answered',
    params,
    answers: { 200: requestAnswer },
    refusals: { 404: ['not_found'] },
  })
  async get(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    const words = call.roles.some((role) => CASE_WORKERS.includes(role));
    return this.unitOfWork.run(call.tenant, (tx) => this.present(tx, id, words));
  }

  @Post(':id/verify')
  @HttpCode(200)
  @Operation({
    id: 'verifyRequest',
    summary: 'States that the request comes from the person it is about',
    description: 'Nothing is erased of a person who was not verified (AUR-30).',
    params,
    body: verifyBody,
    answers: { 200: requestAnswer },
    refusals: { 404: ['not_found'], 409: ['state_conflict'], 422: ['verification_method_not_offered'] },
  })
  async verify(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const by = parseBody(verifyBody, body);
    return this.act(call, id, (tx) => this.work.verify(tx, id, call.actor, by));
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Operation({
    id: 'approveRequest',
    summary: 'Lets the erasure out to every store',
    description: "A person's act. The request closes by itself, with a certificate, when every store has answered; a legal hold keeps it back until it is released.",
    params,
    body: noteBody,
    answers: { 200: requestAnswer },
    refusals: { 404: ['not_found'], 409: ['state_conflict'] },
  })
  async approve(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { note } = parseBody(noteBody, body);
    return this.act(call, id, (tx) => this.work.approve(tx, id, call.actor, note));
  }

  @Post(':id/refuse')
  @HttpCode(200)
  @Operation({
    id: 'refuseRequest',
    summary: 'Says no, with the reason, which the person is told',
    params,
    body: refuseBody,
    answers: { 200: requestAnswer },
    refusals: { 404: ['not_found'], 409: ['state_conflict'] },
  })
  async refuse(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { reason } = parseBody(refuseBody, body);
    return this.act(call, id, (tx) => this.work.refuse(tx, id, call.actor, reason));
  }

  @Post(':id/extend')
  @HttpCode(200)
  @Operation({
    id: 'extendRequest',
    summary: 'Takes the further time that the policy allows, with the reason, which the person is told',
    description: 'AJU-41: once, by thirty days, before the deadline.',
    params,
    body: extendBody,
    answers: { 200: requestAnswer },
    refusals: {
      404: ['not_found'],
      409: ['state_conflict', 'extension_used_up', 'extension_reason_missing', 'extension_too_late'],
      422: ['extension_not_promised', 'extension_gains_nothing'],
    },
  })
  async extend(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { reason } = parseBody(extendBody, body);
    return this.act(call, id, (tx) => this.work.extend(tx, id, call.actor, reason));
  }

  @Post(':id/close')
  @HttpCode(200)
  @Operation({
    id: 'closeRequest',
    summary: 'Closes a request by hand, where every store has answered',
    params,
    body: noteBody,
    answers: { 200: requestAnswer },
    refusals: { 404: ['not_found'], 409: ['state_conflict', 'request_open'] },
  })
  async close(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { note } = parseBody(noteBody, body);
    return this.act(call, id, (tx) => this.work.close(tx, id, call.actor, note));
  }

  /** Answers are kept for repeated calls, so they hold none of the words that are sealed elsewhere. */
  private async act(call: Call, id: string, work: (tx: Tx) => Promise<void>): Promise<unknown> {
    const attempt = (): Promise<unknown> =>
      runCall(this.unitOfWork, call, async (tx) => {
        await work(tx);
        return this.present(tx, id, false);
      });
    try {
      return await attempt();
    } catch (error) {
      if (!isHeedError(error) || error.code !== 'person_not_found_yet') throw error;
      await this.resolving.now(call.tenant); // perhaps consent can say it by now
      return attempt();
    }
  }

  private async present(tx: Tx, id: string, words: boolean): Promise<unknown> {
    return presentRequest(tx, await findRequest(tx, id), { vault: this.vault, origin: this.environment.HEED_ORIGIN, words });
  }
}
