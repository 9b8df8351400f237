import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { HeedError, notFound, uuid } from '@heed/kernel';
import { Database, UnitOfWork } from '@heed/persistence';
import { holderIdOf } from '@heed/auth';
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { sessionAnswer } from './access.answer.js';
import { presentSession, sessionOf, sessionsAfter } from './access.store.js';
import { idAfter } from './position.js';
import { revokeSession } from './domain/revocation.js';
import { RevokeAccess } from './revoke-access.use-case.js';

const own = z.enum(['true', 'false']).default('false').describe("`true`: the caller's own. Only who may see those of others can leave it out.");
const listQuery = pageQuery.extend({ own });
const OVERSEERS = ['tenant-admin', 'dpo', 'auditor'];
const REVOKERS = ['tenant-admin', 'dpo'];

/** `/v1/sessions`: where tokens are in use; anybody's own, and everybody's for who looks after the tenant (AUR-06). */
@Controller('v1/sessions')
export class SessionsController {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly revokeAccess: RevokeAccess,
  ) {}

  @Get()
  @Operation({
    id: 'listSessions',
    summary: 'Lists sessions: where tokens are in use, or were within the last 90 days',
    description: "AUR-06. With `own=true` the caller's; everybody's are shown to tenant-admin, dpo and auditor.",
    query: listQuery,
    answers: { 200: pageAnswer(sessionAnswer) },
    refusals: { 403: ['own_sessions_only'] },
  })
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<unknown>> {
    const { limit, cursor, own: mine } = parseBody(listQuery, query);
    if (mine === 'false' && !has(call, OVERSEERS)) {
      throw new HeedError({ kind: 'forbidden', code: 'own_sessions_only', detail: 'This token sees its own sessions only: ask with ?own=true.' });
    }
    const holderId = mine === 'true' ? holderIdOf(call.tenant, call.actor) : null;
    const rows = await this.unitOfWork.run(call.tenant, (tx) => sessionsAfter(tx, idAfter(cursor), holderId, limit + 1));
    const page = pageOf(rows, limit, (row) => row.id);
    return { items: page.items.map((row) => presentSession(row, call.sessionId, this.database.clock.now())), nextCursor: page.nextCursor };
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @Operation({
    id: 'revokeSession',
    summary: 'Ends a session: its tokens are dead in every service within seconds',
    description: "AUR-06, AUR-08. One's own; a tenant-admin or dpo ends anybody's. A sign-in at the identity provider cannot be renewed after it.",
    params: z.object({ id: uuid }),
    answers: { 200: sessionAnswer },
    refusals: { 404: ['not_found'] },
  })
  async revoke(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    return runCall(this.unitOfWork, call, async (tx) => {
      const session = uuid.safeParse(id).success ? await sessionOf(tx, id) : undefined;
      const theirs = session && session.holder_id !== holderIdOf(call.tenant, call.actor);
      if (!session || (theirs && !has(call, REVOKERS))) throw notFound('session');
      const revokedAt = await this.revokeAccess.run(tx, [revokeSession(id, session.is_own, tx.clock.now())], call);
      return presentSession({ ...session, revoked_at: revokedAt }, call.sessionId, revokedAt);
    });
  }
}

const has = (call: Call, roles: readonly string[]): boolean => roles.some((role) => call.roles.includes(role));
