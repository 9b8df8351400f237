import { SOFTWARE_KEY_LABEL } from '@heed/auth';
import { FromCall, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound, uuid } from '@heed/kernel';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { completionBody, stepUpAnswer, stepUpBody, stepUpKeysAnswer, stepUpTokenAnswer } from '../step-up.answer.js';
import { StepUpCeremony } from '../step-up.use-case.js';
import { STEP_UPS } from './authenticators.controller.js';
import { StepUpSigner } from './step-up-signer.js';

/** `/v1/step-ups`: a person proves to be there, for one act on one thing. */
@Controller('v1/step-ups')
export class StepUpsController {
  constructor(private readonly ceremony: StepUpCeremony) {}

  @Post()
  @HttpCode(201)
  @Operation({
    id: 'beginStepUp',
    summary: 'Begins a step-up for one act on one resource',
    description: 'The options are for the authenticators of the caller that the policy takes; there are two minutes to answer them. Acts that need a step-up name it as `x-step-up`.',
    tag: STEP_UPS,
    body: stepUpBody,
    example: { act: 'request.approve', resource: '0192f3c4-0000-7000-8000-000000000000' },
    answers: { 201: stepUpAnswer },
    refusals: { 422: ['authenticator_missing'] },
    leadsTo: { completeStepUp: { id: '/id' } },
    idempotent: false,
  })
  async begin(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { act, resource } = parseBody(stepUpBody, body);
    return { ...(await this.ceremony.begin(call, act, resource)), act, resource };
  }

  @Post(':id/complete')
  @HttpCode(200)
  @Operation({
    id: 'completeStepUp',
    summary: "Turns the authenticator's answer into the token for the act",
    description:
      'The token is for this person, act and resource, lives two minutes and counts once. Refused as 401 are `step_up_assertion_invalid`, ' +
      '`step_up_authenticator_refused` (not yours, revoked, or perhaps copied) and `step_up_too_weak`; the step-up is spent by that too.',
    tag: STEP_UPS,
    params: z.object({ id: uuid }),
    body: completionBody,
    answers: { 200: stepUpTokenAnswer },
    refusals: { 404: ['not_found'], 409: ['challenge_spent'] },
    idempotent: false,
  })
  async complete(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { assertion } = parseBody(completionBody, body);
    if (!uuid.safeParse(id).success) throw notFound('step-up');
    const { userHandle, ...response } = assertion.response;
    const completed = await this.ceremony.complete(call, id, { ...assertion, response: { ...response, ...(userHandle ? { userHandle } : {}) } });
    return { ...completed, ...(completed.method === 'software_local' ? { label: SOFTWARE_KEY_LABEL } : {}) };
  }
}

/** For the services that do the acts, as an issuer's key set is for those who take its tokens. */
@Controller('internal/step-up-keys')
export class StepUpKeysController {
  constructor(private readonly signer: StepUpSigner) {}

  @Get()
  @Operation({ id: 'stepUpKeys', summary: 'The public keys that sign step-ups', tag: STEP_UPS, answers: { 200: stepUpKeysAnswer } })
  keys(): unknown {
    return this.signer.publicKeys;
  }
}
