import { requestBody } from '@heed/contracts-ingress';
import { FromCall, Operation, pageOf, parseBody, readCursor, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { isHeedError, MAX_UUID, uuidv7 } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { ENVIRONMENT } from '@heed/runtime';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { DsarEnvironment } from '../../dsar.config.js';
import { People } from '../../person/people.js';
import { ResolvePeople } from '../../person/resolve-people.job.js';
import { ConfirmPerson } from '../app/confirm-person.use-case.js';
import { OpenRequests } from '../app/open-requests.use-case.js';
import type { OpenedRequest } from '../app/open-requests.use-case.js';
import { WorkRequest } from '../app/work-request.use-case.js';
import { CaseVault } from './case-vault.js';
import { presentRequest, presentSummary } from './present-request.js';
import { confirmBody, extendBody, listQuery, noteBody, operations, refuseBody, verifyBody } from './request.operations.js';
import { findRequest, listRequests } from './request.store.js';

/** Who may read what a person and the case workers wrote. */
const CASE_WORKERS = ['analyst', 'dpo'];

/** `/v1/requests`: cases and what people do to them. */
@Controller('v1/requests')
export class RequestController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly requests: OpenRequests,
    private readonly work: WorkRequest,
    private readonly confirming: ConfirmPerson,
    private readonly people: People,
    private readonly resolving: ResolvePeople,
    private readonly vault: CaseVault,
    @Inject(ENVIRONMENT) private readonly environment: DsarEnvironment,
  ) {}

  @Post()
  @HttpCode(201)
  @Operation(operations.open)
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
  @Operation(operations.list)
  async list(@FromCall() call: Call, @Query() query: unknown): Promise<Page<unknown>> {
    const { limit, cursor, state } = parseBody(listQuery, query);
    const before = parseBody(z.uuid(), readCursor(cursor) ?? MAX_UUID);
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const page = pageOf(await listRequests(tx, { before, limit, state: state ?? null }), limit, (row) => row.id);
      return { items: page.items.map(presentSummary), nextCursor: page.nextCursor };
    });
  }

  @Get(':id')
  @Operation(operations.get)
  async get(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    const words = call.roles.some((role) => CASE_WORKERS.includes(role));
    return this.unitOfWork.run(call.tenant, (tx) => this.present(tx, id, words));
  }

  @Post(':id/verify')
  @HttpCode(200)
  @Operation(operations.verify)
  async verify(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const by = parseBody(verifyBody, body);
    return this.act(call, id, (tx) => this.work.verify(tx, id, call.actor, by));
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Operation(operations.approve)
  async approve(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { note } = parseBody(noteBody, body);
    return this.act(call, id, (tx) => this.work.approve(tx, id, call, note));
  }

  @Post(':id/confirm-person')
  @HttpCode(200)
  @Operation(operations.confirmPerson)
  async confirmPerson(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { include, note } = parseBody(confirmBody, body);
    return this.act(call, id, (tx) => this.confirming.confirm(tx, id, call, include, note));
  }

  @Post(':id/refuse')
  @HttpCode(200)
  @Operation(operations.refuse)
  async refuse(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { reason } = parseBody(refuseBody, body);
    return this.act(call, id, (tx) => this.work.refuse(tx, id, call.actor, reason));
  }

  @Post(':id/extend')
  @HttpCode(200)
  @Operation(operations.extend)
  async extend(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { reason } = parseBody(extendBody, body);
    return this.act(call, id, (tx) => this.work.extend(tx, id, call.actor, reason));
  }

  @Post(':id/close')
  @HttpCode(200)
  @Operation(operations.close)
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
