import { FromCall, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { syncAnswer, syncBody } from './sync.body.js';
import { SyncDecisions } from './sync-decisions.use-case.js';

/** Decisions that people made elsewhere, handed over by the system that has them. */
@Controller('v1/consents/sync')
export class SyncController {
  constructor(private readonly decisions: SyncDecisions) {}

  @Post()
  @HttpCode(200)
  @Operation({
    id: 'syncDecisions',
    summary: 'Takes over what people decided in another system, such as a CRM or a mail tool',
    description:
      'Up to 500 at once, with a result for each. A decision is known by `source` and `externalId` and counts once, however often it is sent. A no holds from its ' +
      'arrival; a yes only if it is younger than the last no here, and one from the future never beats a no.',
    body: syncBody,
    example: {
      source: 'crm',
      items: [
        {
          subject: { identifiers: [{ type: 'email', value: 'ada@example.com' }] }, purpose: 'marketing_email', decision: 'withdrawn',
          occurredAt: '2026-11-21T10:00:00Z', externalId: 'optout-4711',
        },
      ],
    },
    answers: { 200: syncAnswer },
    idempotent: false,
  })
  async sync(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { source, items } = parseBody(syncBody, body);
    return { items: await this.decisions.sync(call, source, items) };
  }
}
