import { FromCall, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import { purposeId, subject } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { checkAnswer } from './check.answer.js';
import { CheckConsent } from './check.use-case.js';

const one = z
  .strictObject({
    subject,
    purpose: purposeId,
    jurisdiction: z
      .string()
      .regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/)
      .optional()
      .describe("Where the person lives, e.g. `IN`; the policy's default where left out."),
  })
  .meta({ id: 'Check' });
const checkBody = z.union([one, z.strictObject({ checks: z.array(one).min(1).max(500) })]);

@Controller('v1/consents/check')
export class CheckController {
  constructor(
    private readonly checks: CheckConsent,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Post()
  @HttpCode(200)
  @Operation({
    id: 'checkConsent',
    summary: "Says whether a person's data may be used for a purpose now",
    description: 'One or up to 500. The default is no (AJU-08); what the policy never allows is no for everybody, with the promise that says so.',
    body: checkBody,
    example: { subject: { identifiers: [{ type: 'email', value: 'ada@example.com' }] }, purpose: 'marketing_email', jurisdiction: 'IN' },
    answers: { 200: z.union([checkAnswer, z.strictObject({ checks: z.array(checkAnswer) })]) },
    idempotent: false,
  })
  async check(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const wanted = parseBody(checkBody, body);
    const list = 'checks' in wanted ? wanted.checks : [wanted];
    const answers = await this.unitOfWork.run(call.tenant, (tx) => this.checks.check(tx, list));
    return 'checks' in wanted ? { checks: answers } : answers[0];
  }
}
