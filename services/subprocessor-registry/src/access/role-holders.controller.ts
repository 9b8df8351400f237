import { ROLES } from '@heed/auth';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { notFound, refused, uuid } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { presenceOf } from '../step-up/privileged-mfa.js';
import { roleHolderAnswer } from './access.answer.js';
import { holderOf, holdersAfter, presentHolder } from './access.store.js';
import { revokeRole } from './domain/revocation.js';
import { idAfter } from './position.js';
import { RevokeAccess } from './revoke-access.use-case.js';
import { refuseOwn } from './who-decides.js';

const body = z
  .strictObject({ roles: z.array(z.enum(ROLES)).min(1).max(ROLES.length) })
  .meta({ id: 'RoleChange' });
const change = {
  params: z.object({ id: uuid }),
  body,
  example: { roles: ['dpo'] },
  answers: { 200: roleHolderAnswer },
} as const;
const refusals = { 404: ['not_found'], 409: ['own_access'], 422: ['role_not_held'] } as const;

/** `/v1/role-holders`: who was seen with which role since when (AJU-48), and roles that are taken away. */
@Controller('v1/role-holders')
export class RoleHoldersController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly revokeAccess: RevokeAccess,
  ) {}

  @Get()
  @Operation({
    id: 'listRoleHolders',
    summary: 'Lists who was seen with which role, since when and when last',
    description: 'AJU-48. From the tokens that were verified: a role that was given and never used is known to the identity provider alone.',
    query: pageQuery,
    answers: { 200: pageAnswer(roleHolderAnswer) },
  })
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<unknown>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    const rows = await this.unitOfWork.run(call.tenant, (tx) => holdersAfter(tx, idAfter(cursor), limit + 1));
    const page = pageOf(rows, limit, (row) => row.holder_id);
    return { items: page.items.map(presentHolder), nextCursor: page.nextCursor };
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @Operation({
    ...change,
    refusals: { ...refusals, 409: ['own_access', 'last_administrator'] },
    id: 'revokeRoles',
    summary: 'Takes roles from a holder: tokens that name them give them no more, in any service',
    description: 'AJU-48. Within seconds, and until they are restored; change it at the identity provider too. The last tenant-admin keeps that role.',
  })
  revoke(@FromCall() call: Call, @Param('id') id: string, @Body() json: unknown): Promise<unknown> {
    return this.change(call, id, json, true);
  }

  @Post(':id/restore')
  @HttpCode(200)
  @Operation({ ...change, refusals, id: 'restoreRoles', summary: 'Lets a holder have roles again that the identity provider gives' })
  restore(@FromCall() call: Call, @Param('id') id: string, @Body() json: unknown): Promise<unknown> {
    return this.change(call, id, json, false);
  }

  private change(call: Call, id: string, json: unknown, inForce: boolean): Promise<unknown> {
    const { roles } = parseBody(body, json);
    return runCall(this.unitOfWork, call, async (tx) => {
      const stepUp = await presenceOf(tx, call);
      refuseOwn(call, id);
      const holder = uuid.safeParse(id).success ? await holderOf(tx, id) : undefined;
      if (!holder) throw notFound('role holder');
      const strange = roles.find((role) => !holder.roles.some((held) => held.role === role));
      if (strange) throw refused('role_not_held', `This holder was never seen with the role ${strange}.`);
      await this.revokeAccess.run(tx, roles.map((role) => revokeRole(id, role, inForce)), { actor: call.actor, stepUp });
      const changed = await holderOf(tx, id);
      return presentHolder(changed ?? holder);
    });
  }
}
