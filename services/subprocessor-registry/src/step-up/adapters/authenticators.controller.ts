import { SOFTWARE_KEY_LABEL } from '@heed/auth';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { NIL_UUID, notFound, uuid } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { EnrolAuthenticator } from '../enrol-authenticator.use-case.js';
import { presenceOf } from '../privileged-mfa.js';
import { authenticatorAnswer, enrolmentAnswer, enrolmentBody, optionsAnswer, optionsBody, registrationBody } from '../step-up.answer.js';
import { findAuthenticator, listAuthenticators, markRevoked } from './authenticator.store.js';
import type { AuthenticatorRow } from './authenticator.store.js';
import { issueCode } from './enrolment.store.js';
import type { Enrolment } from './enrolment.store.js';

export const STEP_UPS = { name: 'step-ups', description: 'Proofs of presence by WebAuthn for acts that cannot be undone, and the authenticators that give them.' };
/** Who sees everybody's authenticators; the others see their own. */
const OVERSEERS = ['dpo', 'tenant-admin', 'auditor'];

/** `/v1/authenticators`: what people prove their presence with. */
@Controller('v1/authenticators')
export class AuthenticatorsController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly enrolling: EnrolAuthenticator,
  ) {}

  @Post('enrolments')
  @HttpCode(201)
  @Operation({
    id: 'enrolAuthenticator',
    summary: 'Issues a one-time code with which a person enrols an authenticator',
    description: "Itself a privileged act, on that person: whoever holds the code decides whose key counts. A tenant's first code is the operator's.",
    tag: STEP_UPS,
    body: enrolmentBody,
    example: { subject: 'auth0|5f7c8ec7c33c6c004bbafe82' },
    answers: { 201: enrolmentAnswer },
    idempotent: false,
  })
  async enrol(@FromCall() call: Call, @Body() body: unknown): Promise<Enrolment> {
    const { subject } = parseBody(enrolmentBody, body);
    // The code is told once: no answer is kept for a repeated call.
    return runCall(this.unitOfWork, { ...call, idempotency: undefined }, async (tx) => {
      const { id, method } = await presenceOf(tx, call);
      const enrolment = await issueCode(tx, subject, call.actor);
      tx.record({ kind: 'authenticator.enrolment_issued', data: { enrolmentId: enrolment.id, subject, actor: call.actor, stepUp: { id, method } } });
      return enrolment;
    });
  }

  @Post('options')
  @HttpCode(200)
  @Operation({
    id: 'authenticatorOptions',
    summary: 'Turns an enrolment code into the options for the browser',
    tag: STEP_UPS,
    body: optionsBody,
    answers: { 200: optionsAnswer },
    refusals: { 422: ['enrolment_code_invalid'] },
    idempotent: false,
  })
  async options(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    return this.enrolling.begin(call, parseBody(optionsBody, body).code);
  }

  @Post()
  @HttpCode(201)
  @Operation({
    id: 'registerAuthenticator',
    summary: 'Takes the authenticator that the browser has made',
    description: 'The user must have been verified. Where the policy asks for hardware (AJU-49) its maker has to attest to it, and must be known to the operator.',
    tag: STEP_UPS,
    body: registrationBody,
    answers: { 201: authenticatorAnswer },
    refusals: {
      404: ['not_found'],
      409: ['challenge_spent', 'authenticator_known'],
      422: ['registration_invalid', 'attestation_missing', 'software_key_not_allowed', 'enrolment_code_invalid'],
    },
    idempotent: false,
  })
  async register(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { id, credential } = parseBody(registrationBody, body);
    return present(await this.enrolling.complete(call, id, credential));
  }

  @Get()
  @Operation({
    id: 'listAuthenticators',
    summary: "Lists one's own authenticators; privacy officers, administrators and auditors see everybody's",
    tag: STEP_UPS,
    query: pageQuery,
    answers: { 200: pageAnswer(authenticatorAnswer) },
    leadsTo: { revokeAuthenticator: { id: '/items/0/id' } },
  })
  async list(@FromCall() call: Call, @Query() query: unknown): Promise<Page<unknown>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    const after = parseBody(uuid, readCursor(cursor) ?? NIL_UUID);
    const whose = call.roles.some((role) => OVERSEERS.includes(role)) ? null : call.actor;
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const page = pageOf(await listAuthenticators(tx, whose, after, limit + 1), limit, (row) => row.id);
      return { items: page.items.map(present), nextCursor: page.nextCursor };
    });
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @Operation({
    id: 'revokeAuthenticator',
    summary: "Revokes an authenticator: one's own, or for administrators anybody's",
    description: 'Takes effect at once and for good. No step-up: a lost key must not be needed to be rid of it.',
    tag: STEP_UPS,
    params: z.object({ id: uuid }),
    answers: { 200: authenticatorAnswer },
    refusals: { 404: ['not_found'] },
  })
  async revoke(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    if (!uuid.safeParse(id).success) throw notFound('authenticator');
    return runCall(this.unitOfWork, call, async (tx) => {
      const row = await findAuthenticator(tx, id);
      if (!row || (row.subject !== call.actor && !call.roles.includes('tenant-admin'))) throw notFound('authenticator');
      if (row.revoked_at) return present(row);
      await markRevoked(tx, id, call.actor);
      tx.record({ kind: 'authenticator.revoked', data: { authenticatorId: id, subject: row.subject, actor: call.actor } });
      return present({ ...row, revoked_at: tx.clock.now(), revoked_by: call.actor });
    });
  }
}

function present(row: AuthenticatorRow): unknown {
  return {
    id: row.id,
    subject: row.subject,
    credentialId: row.credential_id,
    method: row.method,
    ...(row.method === 'software_local' ? { label: SOFTWARE_KEY_LABEL } : {}),
    state: row.revoked_at ? 'revoked' : row.suspect_at ? 'suspect' : 'active',
    registeredAt: row.registered_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    revokedBy: row.revoked_by,
  };
}
