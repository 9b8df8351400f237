import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call } from '@heed/http';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { RecordVisits } from './record-visits.use-case.js';
import { visitsBody } from './visit.js';
import { listCounts } from './visit-count.store.js';

const TAG = { name: 'signals', description: 'What browsers and pages tell of.' };
/** So few could point at somebody. */
const FEWEST_SHOWN = 5;
const query = pageQuery.extend({ day: z.iso.date().describe('A day, in UTC.') });
const answer = z
  .strictObject({ visits: z.array(z.strictObject({ outcome: z.enum(['recorded', 'counted', 'ignored']), reason: z.string() })).describe('In the order of the body.') })
  .meta({ id: 'VisitsTaken' });
const count = z
  .strictObject({ day: z.iso.date(), domain: z.string(), path: z.string(), region: z.string().nullable(), visits: z.int().nullable().describe(`Null below ${FEWEST_SHOWN}: so few could point at somebody.`) })
  .meta({ id: 'VisitCount' });

/** `/v1/signals/visits`: what pages tell of those who look at them (AJU-06, AJU-07, AUR-03). */
@Controller('v1/signals/visits')
export class VisitController {
  constructor(
    private readonly visits: RecordVisits,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Post()
  @HttpCode(200)
  @Operation({
    id: 'recordVisits',
    summary: 'Takes up to 500 looks at pages',
    description:
      'A visit is told on of a person only where analytics is allowed for them, and counted without anybody where nobody said no. Addresses are cut to their network (IPv4 /24, IPv6 /48) while they are read.',
    tag: TAG,
    body: visitsBody,
    example: { visits: [{ subject: { identifiers: [{ type: 'cookie_id', value: '0f8c2a7e' }] }, domain: 'ajuni.example.com', path: '/pricing', occurredAt: '2026-11-21T10:00:00Z', ip: '203.0.113.77' }] },
    answers: { 200: answer },
    refusals: { 422: ['purpose_missing', 'purpose_unknown', 'purpose_not_analytics', 'jurisdiction_unknown'] },
  })
  async record(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { visits } = parseBody(visitsBody, body);
    return runCall(this.unitOfWork, withoutAddresses(call, visits), async (tx) => ({ visits: await this.visits.run(tx, visits, call.cause) }));
  }

  @Get()
  @Operation({ id: 'listVisitCounts', summary: 'Shows how often pages were looked at on a day', description: 'Nobody is in these counts.', tag: TAG, query, answers: { 200: pageAnswer(count) } })
  async counts(@FromCall() call: Call, @Query() raw: unknown): Promise<unknown> {
    const { day, limit, cursor } = parseBody(query, raw);
    const [domain = '', path = '', region = ''] = (readCursor(cursor) ?? '').split(' ');
    const after = [domain, Buffer.from(path, 'base64url').toString(), region];
    const rows = await this.unitOfWork.run(call.tenant, (tx) => listCounts(tx, day, after, limit + 1));
    const page = pageOf(rows, limit, (row) => `${row.domain} ${Buffer.from(row.path).toString('base64url')} ${row.region}`);
    return { ...page, items: page.items.map(({ region, visits, ...row }) => ({ ...row, region: region === '' ? null : region, visits: visits < FEWEST_SHOWN ? null : visits })) };
  }
}

/** The fingerprint of a call is kept for seven days, so it is made of what may be kept: nothing of a whole address, not even under a key. */
function withoutAddresses(call: Call, visits: unknown): Call {
  if (!call.idempotency) return call;
  return { ...call, idempotency: { ...call.idempotency, fingerprint: call.fingerprint([call.actor, visits]) } };
}
