import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { notFound, uuid } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { presenceOf } from '../step-up/privileged-mfa.js';
import { applicationAnswer, rotationAnswer } from './access.answer.js';
import { applicationOf, applicationsAfter, presentApplication } from './access.store.js';
import type { ApplicationRow } from './access.store.js';
import { revokeApplication, rotateApplication } from './domain/revocation.js';
import { idAfter } from './position.js';
import { RevokeAccess } from './revoke-access.use-case.js';

const params = z.object({ id: uuid });
const one = { params, refusals: { 404: ['not_found'] } } as const;

/** `/v1/applications`: the programs that tokens were given to (AUR-06); each can be shut out at any time (AUR-08). */
@Controller('v1/applications')
export class ApplicationsController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly revokeAccess: RevokeAccess,
  ) {}

  @Get()
  @Operation({
    id: 'listApplications',
    summary: 'Lists connected applications: programs that were seen with a token of this tenant',
    description: 'AUR-06.',
    query: pageQuery,
    answers: { 200: pageAnswer(applicationAnswer) },
  })
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<unknown>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    const rows = await this.unitOfWork.run(call.tenant, (tx) => applicationsAfter(tx, idAfter(cursor), limit + 1));
    const page = pageOf(rows, limit, (row) => row.id);
    return { items: page.items.map(presentApplication), nextCursor: page.nextCursor };
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @Operation({
    ...one,
    id: 'revokeApplication',
    summary: 'Shuts an application out: no token of it is taken any more, in any service',
    description: 'AUR-08. Within seconds, and until it is restored.',
    answers: { 200: applicationAnswer },
  })
  async revoke(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    return this.change(call, id, async (tx, application) => {
      const revokedAt = await this.revokeAccess.run(tx, [revokeApplication(id, true)], call);
      return presentApplication({ ...application, revoked_at: revokedAt });
    });
  }

  @Post(':id/restore')
  @HttpCode(200)
  @Operation({ ...one, id: 'restoreApplication', summary: 'Takes tokens of an application again', answers: { 200: applicationAnswer } })
  async restore(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    return this.change(call, id, async (tx, application) => {
      const stepUp = await presenceOf(tx, call);
      await this.revokeAccess.run(tx, [revokeApplication(id, false)], { actor: call.actor, stepUp });
      return presentApplication({ ...application, revoked_at: null });
    });
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @Operation({
    ...one,
    id: 'rotateApplication',
    summary: 'Kills every token that an application holds, so that a secret that leaked can be replaced',
    description: 'AUR-08. Secrets are known to the identity provider alone: give the client a new one there first, then rotate here.',
    answers: { 200: rotationAnswer },
  })
  async rotate(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    return this.change(call, id, async (tx, application) => {
      const now = tx.clock.now();
      await this.revokeAccess.run(tx, [rotateApplication(id, now)], call);
      const next = `Tokens of ${application.client} issued until ${now.toISOString()} are dead. Give the client a new secret at the identity provider if that is not done yet: whoever knows the old one could get new tokens.`;
      return { ...presentApplication({ ...application, rotated_at: now }), next };
    });
  }

  private change<T>(call: Call, id: string, work: (tx: Tx, application: ApplicationRow) => Promise<T>): Promise<T> {
    return runCall(this.unitOfWork, call, async (tx) => {
      const application = uuid.safeParse(id).success ? await applicationOf(tx, id) : undefined;
      if (!application) throw notFound('application');
      return work(tx, application);
    });
  }
}
