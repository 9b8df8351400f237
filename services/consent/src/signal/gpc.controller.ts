import { decisionSetBody } from '@heed/contracts-ingress';
import { FromCall, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import { dispatchId, purposeId, subject, subjectRef } from '@heed/kernel';
import { Body, Controller, Get, Header, Headers, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { decision } from '../consent-record/consent.answer.js';
import { isGpc } from './gpc-purposes.js';
import { HonourGpc } from './honour-gpc.use-case.js';

/** The day since which this origin abides by the signal as it does now. */
const GPC_SINCE = '2026-11-22';

const { jurisdiction, domain } = decisionSetBody.shape;
const gpcBody = z.strictObject({
  subject,
  jurisdiction: jurisdiction.describe("Where the person lives, e.g. `IN`; the policy's default where left out."),
  domain: domain.describe("The partner's branded domain that got the signal."),
});
const gpcAnswer = z
  .strictObject({
    signal: z.boolean().describe('Whether there was one: the header was exactly `1`.'),
    ref: subjectRef.nullable(),
    purposes: z.array(z.strictObject({ purpose: purposeId, state: decision.describe('What holds now.') })),
    dispatchIds: z.array(dispatchId).describe('Empty where everything was so already.'),
  })
  .meta({ id: 'GpcAnswer' });

/** Global Privacy Control: a browser's no to being followed. */
@Controller()
export class GpcController {
  constructor(private readonly gpc: HonourGpc) {}

  @Post('v1/signals/gpc')
  @HttpCode(200)
  @Operation({
    id: 'honourGpc',
    summary: "Takes a browser's Global Privacy Control signal for a no to profiling and analytics cookies",
    description:
      'Hand on the `Sec-GPC` header of the visitor with every page load: only exactly `1` is a signal, and what is off already is not written again. ' +
      'A yes that was given before is withdrawn; who has not decided refuses.',
    body: gpcBody.meta({ id: 'GpcSignal' }),
    example: { subject: { identifiers: [{ type: 'cookie_id', value: 'c-7f3a' }] } },
    answers: { 200: gpcAnswer },
    refusals: { 422: ['jurisdiction_unknown'] },
    idempotent: false,
  })
  async signal(@FromCall() call: Call, @Headers('sec-gpc') header: string | undefined, @Body() body: unknown): Promise<unknown> {
    const wanted = parseBody(gpcBody, body);
    if (!isGpc(header)) return { signal: false, ref: null, purposes: [], dispatchIds: [] };
    return { signal: true, ...(await this.gpc.honour(call, wanted)) };
  }

  @Get('.well-known/gpc.json')
  @Header('cache-control', 'public, max-age=86400')
  @Operation({
    id: 'getGpcSupport',
    summary: 'Says that this origin abides by Global Privacy Control',
    answers: { 200: z.strictObject({ gpc: z.boolean(), lastUpdate: z.iso.date() }) },
    outlivesTrouble: true,
  })
  support(): unknown {
    return { gpc: true, lastUpdate: GPC_SINCE };
  }
}
