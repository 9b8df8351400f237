import { decisionSetBody, withdrawalBody } from '@heed/contracts-ingress';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { MAX_UUID, subjectRef, uuidv7 } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { toldBefore } from '../receipt/register.store.js';
import { consentRecord, decisionsRecorded, withdrawalAccepted } from './consent.answer.js';
import { DecisionQueue } from './decision-queue.js';

const historyQuery = pageQuery.extend({ ref: subjectRef.describe('Whose register.') });

/** `/v1/consents` and `/v1/withdrawals`: decisions as people make them. */
@Controller('v1')
export class ConsentController {
  constructor(
    private readonly queue: DecisionQueue,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Post('consents')
  @HttpCode(201)
  @Operation({
    id: 'recordDecisions',
    summary: 'Records what a person decided, purpose by purpose',
    description: 'Each purpose is a choice of its own (AJU-15). A decision that happened before a later no changes nothing; `state` says what holds now.',
    body: decisionSetBody.meta({ id: 'DecisionSet' }),
    example: {
      subject: { identifiers: [{ type: 'email', value: 'ada@example.com' }] },
      decisions: [{ purpose: 'marketing_email', decision: 'given' }],
      notice: { id: 'signup', version: '1', language: 'en' },
      method: 'web_form',
      occurredAt: '2026-11-21T10:00:00Z',
    },
    answers: { 201: decisionsRecorded },
    refusals: { 422: ['purpose_denied', 'purpose_unknown', 'purpose_not_consent_based', 'jurisdiction_unknown', 'notice_unknown', 'notice_for_other_purpose', 'identity_ambiguous', 'subject_erased', 'child_refused', 'parental_consent_missing'] },
    leadsTo: { getSubject: { ref: '/ref' }, getDispatch: { id: '/dispatchIds/0' } },
  })
  async decide(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const set = parseBody(decisionSetBody, body);
    const recorded = await this.queue.record(
      call.tenant,
      {
        id: uuidv7(), subject: set.subject, decisions: set.decisions, notice: set.notice, channel: set.method, actor: call.actor,
        occurredAt: set.occurredAt, jurisdiction: set.jurisdiction, domain: set.domain, cause: call.cause,
        age: set.age, childSignal: set.childSignal, parentalConsent: set.parentalConsent, network: set.ip,
      },
      call.idempotency,
    );
    return { ref: recorded.ref, records: recorded.records, dispatchIds: recorded.dispatchIds };
  }

  @Post('withdrawals')
  @HttpCode(202)
  @Operation({
    id: 'withdrawConsent',
    summary: 'Withdraws consent for some purposes or for all',
    description: 'Holds from its arrival. Every store that uses the person for one of the purposes is told; the dispatch shows how far that is. Naming a purpose that rests on a legitimate interest objects to it (GDPR 21); what rests on a contract or a law goes on.',
    body: withdrawalBody.meta({ id: 'Withdrawal' }),
    example: { subject: { identifiers: [{ type: 'email', value: 'ada@example.com' }] }, purposes: ['marketing_email'], channel: 'api' },
    answers: { 202: withdrawalAccepted },
    refusals: { 422: ['purpose_unknown', 'purpose_not_consent_based', 'jurisdiction_unknown', 'nothing_to_withdraw'] },
    leadsTo: { getSubject: { ref: '/ref' }, getDispatch: { id: '/dispatchId' } },
  })
  async withdraw(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const set = parseBody(withdrawalBody, body);
    const recorded = await this.queue.record(
      call.tenant,
      {
        id: uuidv7(), subject: set.subject, channel: set.channel, actor: call.actor, occurredAt: set.occurredAt, cause: call.cause,
        jurisdiction: set.jurisdiction, domain: set.domain,
        decisions: set.purposes === 'all' ? 'withdraw_all' : set.purposes.map((purpose) => ({ purpose, decision: 'withdrawn' as const })),
      },
      call.idempotency,
    );
    return { id: recorded.id, ref: recorded.ref, dispatchId: recorded.dispatchIds[0] };
  }

  /** The register of one person, newest first. */
  @Get('consents')
  @Operation({
    id: 'listConsentRecords',
    summary: "Lists one person's consent register, newest first",
    description: 'Nothing is ever taken out of it: what was decided, when, by which way, and under which words.',
    query: historyQuery,
    answers: { 200: pageAnswer(consentRecord) },
  })
  async history(@FromCall() call: Call, @Query() query: unknown): Promise<Page<unknown>> {
    const { ref, limit, cursor } = parseBody(historyQuery, query);
    const before = parseBody(z.uuid(), readCursor(cursor) ?? MAX_UUID);
    const rows = await this.unitOfWork.run(call.tenant, (tx) => toldBefore(tx, ref, before, limit + 1));
    return pageOf(rows, limit, (row) => row.id);
  }
}
