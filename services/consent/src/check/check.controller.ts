import { domain, jurisdiction } from '@heed/contracts-ingress';
import { FromCall, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import { purposeId, subject, uuidv7 } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { DeniedPurposes } from '../consent-record/denied-purposes.js';
import { checkAnswer } from './check.answer.js';
import { CheckQueue } from './check-queue.js';

const one = z
  .strictObject({
    subject,
    purpose: purposeId,
    jurisdiction: jurisdiction
      .optional()
      .describe("Where the person lives, e.g. `IN`; the policy's default where left out."),
    domain: domain.optional().describe('For a cookie on this branded domain: only what was decided there counts.'),
  })
  .meta({ id: 'Check' });
const checkBody = z.union([one, z.strictObject({ checks: z.array(one).min(1).max(500) })]);

@Controller('v1/consents/check')
export class CheckController {
  constructor(
    private readonly checks: CheckQueue,
    private readonly denied: DeniedPurposes,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Post()
  @HttpCode(200)
  @Operation({
    id: 'checkConsent',
    summary: "Says whether a person's data may be used for a purpose now",
    description: 'One or up to 500. The default is no (AJU-08); what the policy never allows is no for everybody, with the promise that says so, and having asked is evidence.',
    body: checkBody,
    example: { subject: { identifiers: [{ type: 'email', value: 'ada@example.com' }] }, purpose: 'marketing_email', jurisdiction: 'IN' },
    answers: { 200: z.union([checkAnswer, z.strictObject({ checks: z.array(checkAnswer) })]) },
    idempotent: false,
  })
  async check(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const wanted = parseBody(checkBody, body);
    const list = 'checks' in wanted ? wanted.checks : [wanted];
    const answers = await this.checks.check(call.tenant, list);
    const never = answers.flatMap((answer) => (answer.reason === 'never_purpose' ? [answer.purpose] : []));
    if (never.length > 0) await this.keepEvidence(call, never);
    return 'checks' in wanted ? { checks: answers } : answers[0];
  }

  private async keepEvidence({ tenant, actor, cause }: Call, purposes: readonly string[]): Promise<void> {
    const attempt = { id: uuidv7(), purposes, channel: 'check', actor, cause };
    await this.unitOfWork.run(tenant, (tx) => this.denied.record(tx, attempt)).catch(() => undefined); // the answer is no either way
  }
}
