import { Operation } from '@heed/http';
import { isHeedError } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { RequestState } from '../case/domain/request-state.js';
import { PAGE_HEADERS } from '../web-page.js';
import { statusPage, unknownPage } from './status-page.js';
import type { Status } from './status-page.js';
import { hashOfToken, tenantOfToken } from './status-token.js';

interface Row {
  readonly type: string;
  readonly state: RequestState;
  readonly received_at: Date;
  readonly due: Date;
  readonly closed_at: Date | null;
}

const page = { 'text/html': z.string() };

/** `/r/{token}`: no login, the link is the key. */
@Controller('r')
export class StatusPageController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
  ) {}

  @Get(':token')
  @Operation({
    id: 'showRequestStatus',
    summary: 'Shows a person where their request stands',
    description: 'A page for the person, without a login: the link from the mail is the key. It says nothing of who they are.',
    params: z.object({ token: z.string().min(1).max(100) }),
    answers: { 200: { description: 'The page.', forms: page } },
    refusals: { 404: { codes: [], forms: page } },
  })
  async get(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const status = await this.find(token);
    void reply.headers(PAGE_HEADERS).code(status ? 200 : 404);
    return status ? statusPage(status) : unknownPage();
  }

  private async find(token: string): Promise<Status | undefined> {
    const tenant = tenantOfToken(token);
    if (!tenant) return undefined;
    try {
      return await this.unitOfWork.run(tenant, async (tx) => {
        const [row] = await tx.query<Row>('SELECT type, state, received_at, due, closed_at FROM request WHERE status_hash = $1', [hashOfToken(token)]);
        if (!row) return undefined;
        const { pack } = await this.policies.current(tx);
        const controller = pack.tenant.controller.value;
        const contact = pack.tenant.contacts.privacy?.value;
        return { controller, contact, type: row.type, state: row.state, receivedAt: row.received_at, due: row.due, closedAt: row.closed_at };
      });
    } catch (error) {
      if (isHeedError(error) && error.code === 'tenant_unknown') return undefined;
      throw error;
    }
  }
}
