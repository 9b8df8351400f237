import { FromCall, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import { conflict, notFound, uuid, uuidv7 } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { DecisionQueue } from '../consent-record/decision-queue.js';
import { invalidationAccepted, invalidationBody } from './invalidation.body.js';

interface Invalid {
  readonly ref: string;
  readonly purpose: string;
  readonly domain: string;
  readonly jurisdiction: string | null;
}

/** A consent that should never have counted is taken out of force; the register keeps that it was recorded. */
@Controller('v1/consents')
export class InvalidationController {
  constructor(
    private readonly queue: DecisionQueue,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Post(':id/invalidate')
  @HttpCode(202)
  @Operation({
    id: 'invalidateConsent',
    summary: 'Declares a consent invalid that should never have counted',
    description:
      'E.g. because it was not freely given, or another notice was shown (GDPR 7). Only the consent that holds: what was renewed, withdrawn or has run out since is not in force. ' +
      'The stores are told as of a withdrawal.',
    params: z.object({ id: uuid.describe('The consent record.') }),
    body: invalidationBody,
    example: { reason: 'wrong_notice', case: 'DPO-2026-17' },
    answers: { 202: invalidationAccepted },
    refusals: { 404: ['not_found'], 409: ['consent_not_in_force'] },
    leadsTo: { getSubject: { ref: '/ref' }, getDispatch: { id: '/dispatchId' } },
  })
  async invalidate(@FromCall() call: Call, @Param('id') recordId: string, @Body() body: unknown): Promise<unknown> {
    const { reason, case: file } = parseBody(invalidationBody, body);
    if (!uuid.safeParse(recordId).success) throw notFound('consent record');
    const { ref, purpose, domain, jurisdiction } = await this.find(call.tenant, recordId);
    const recorded = await this.queue.record(
      call.tenant,
      {
        id: uuidv7(), subject: { ref }, channel: 'api', actor: call.actor, cause: call.cause, domain: domain || undefined, jurisdiction: jurisdiction ?? undefined,
        decisions: [{ purpose, decision: 'invalidated', onlyIf: recordId }],
        detail: { reason, invalidates: recordId, ...(file ? { case: file } : {}) },
      },
      call.idempotency,
    );
    const [dispatchId] = recorded.dispatchIds;
    if (!dispatchId) throw conflict('consent_not_in_force', 'It is not the consent that holds: see what was decided since in the register.');
    return { id: recorded.records[0]?.id, ref, dispatchId };
  }

  private async find(tenant: string, recordId: string): Promise<Invalid> {
    const [found] = await this.unitOfWork.run(tenant, (tx) => tx.query<Invalid>('SELECT ref, purpose, domain, jurisdiction FROM consent_record WHERE id = $1', [recordId]));
    if (!found) throw notFound('consent record');
    return found;
  }
}
