import { FromCall, Operation, parseBody, runCall } from '@heed/http';
import type { Call } from '@heed/http';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { activePolicy } from '../policy/policy.store.js';
import { CloseTenant } from './close-tenant.use-case.js';
import { newestDecision } from './closing.store.js';
import { emptyBody, tenantAnswer } from './tenant.answer.js';
import type { TenantAnswer } from './tenant.answer.js';

/** `/v1/tenant`: the organisation itself, and its end. */
@Controller('v1/tenant')
export class TenantController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly closing: CloseTenant,
  ) {}

  @Get()
  @Operation({
    id: 'getTenant',
    summary: 'Shows the tenant and, while it is being closed, when it is dropped',
    answers: { 200: tenantAnswer },
  })
  async get(@FromCall() call: Call): Promise<TenantAnswer> {
    return this.unitOfWork.run(call.tenant, present);
  }

  @Post('close')
  @HttpCode(200)
  @Operation({
    id: 'closeTenant',
    summary: 'Closes the tenant: everything of it is dropped after the promised days',
    description:
      'A privileged act, on the tenant. Until `dropAfter` everything is served as before, so that people keep their rights and data can be taken along (ASK-12). ' +
      'Closing again changes nothing.',
    body: emptyBody,
    example: {},
    answers: { 200: tenantAnswer },
  })
  async close(@FromCall() call: Call, @Body() body: unknown): Promise<TenantAnswer> {
    parseBody(emptyBody, body ?? {});
    return runCall(this.unitOfWork, call, async (tx) => {
      await this.closing.close(tx, call);
      return present(tx);
    });
  }

  @Post('reopen')
  @HttpCode(200)
  @Operation({
    id: 'reopenTenant',
    summary: 'Keeps a tenant that is being closed',
    description: 'Possible until it is dropped; afterwards there is nothing left to keep. A privileged act, on the tenant.',
    body: emptyBody,
    example: {},
    answers: { 200: tenantAnswer },
    refusals: { 409: ['tenant_not_closing'] },
  })
  async reopen(@FromCall() call: Call, @Body() body: unknown): Promise<TenantAnswer> {
    parseBody(emptyBody, body ?? {});
    return runCall(this.unitOfWork, call, async (tx) => {
      await this.closing.reopen(tx, call);
      return present(tx);
    });
  }
}

async function present(tx: Tx): Promise<TenantAnswer> {
  const [decision, policy] = [await newestDecision(tx), await activePolicy(tx)];
  return {
    id: tx.tenant,
    name: policy?.pack.tenant.name ?? null,
    isolation: policy?.pack.isolation.value ?? null,
    state: decision?.drop_after ? 'closing' : 'active',
    dropAfter: decision?.drop_after?.toISOString() ?? null,
    decidedAt: decision?.decided_at.toISOString() ?? null,
    dropAfterClosing: policy?.pack.operations.dropAfterClosing.value ?? null,
  };
}
