import { domain, jurisdiction } from '@heed/contracts-ingress';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound, subject } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { cookieDomainAnswer, cookieGateAnswer } from './cookie.answer.js';
import { cookieDomains, listCookieDomains, putCookieDomain } from './cookie-domain.store.js';
import { CookieGate } from './cookie-gate.use-case.js';

const TAG = { name: 'cookies', description: 'Which cookies a page may set.' };
const params = z.object({ domain });
const configuration = z
  .strictObject({ domain, partner: z.string().trim().min(1).max(120), analytics: z.boolean().describe('Whether analytics is set up for the domain at all.') })
  .meta({ id: 'CookieDomainConfiguration' });
const question = z
  .strictObject({
    subject: subject.optional().describe('Usually by `cookie_id`; left out while nobody is known.'),
    domain: domain.describe('The host whose page asks.'),
    classes: z.array(z.string().regex(/^[a-z][a-z0-9_]{0,31}$/)).min(1).max(16).optional().describe("All of the policy's where left out."),
    jurisdiction: jurisdiction.optional(),
    gpc: z.boolean().optional().describe('The browser sent `Sec-GPC: 1`.'),
  })
  .meta({ id: 'CookieQuestion' });

/** `/v1/cookies/gate` and `/v1/cookie-domains` (ASK-16, ASK-17, AJU-08). */
@Controller('v1')
export class CookieController {
  constructor(
    private readonly gate: CookieGate,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Post('cookies/gate')
  @HttpCode(200)
  @Operation({
    id: 'askCookieGate',
    summary: 'Says which classes of cookies a page may set now',
    description: "Asked before a cookie is set. Essential ones are always allowed (ASK-16); on a partner's branded domain only what was decided there counts, and nothing before analytics is configured (ASK-17).",
    tag: TAG,
    body: question,
    example: { subject: { identifiers: [{ type: 'cookie_id', value: '0f8c2a7e' }] }, domain: 'shop.example.com' },
    answers: { 200: cookieGateAnswer },
    idempotent: false,
  })
  async ask(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { classes, ...asked } = parseBody(question, body);
    return { domain: asked.domain, classes: await this.unitOfWork.run(call.tenant, (tx) => this.gate.ask(tx, asked, classes)) };
  }

  @Post('cookie-domains')
  @HttpCode(200)
  @Operation({
    id: 'configureCookieDomain',
    summary: 'Says whose a branded domain is, and whether analytics is configured there',
    description: 'Said again, the last word counts.',
    tag: TAG,
    body: configuration,
    example: { domain: 'shop.example.com', partner: 'Example Shops', analytics: true },
    answers: { 200: cookieDomainAnswer },
    leadsTo: { getCookieDomain: { domain: '/domain' } },
  })
  async configure(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const wanted = parseBody(configuration, body);
    return runCall(this.unitOfWork, call, async (tx) => {
      await putCookieDomain(tx, wanted, call.actor);
      return (await cookieDomains(tx, [wanted.domain])).get(wanted.domain);
    });
  }

  @Get('cookie-domains')
  @Operation({ id: 'listCookieDomains', summary: 'Lists the branded domains of partners', tag: TAG, query: pageQuery, answers: { 200: pageAnswer(cookieDomainAnswer) } })
  async list(@FromCall() call: Call, @Query() raw: unknown): Promise<unknown> {
    const { limit, cursor } = parseBody(pageQuery, raw);
    const rows = await this.unitOfWork.run(call.tenant, (tx) => listCookieDomains(tx, readCursor(cursor) ?? '', limit + 1));
    return pageOf(rows, limit, (row) => row.domain);
  }

  @Get('cookie-domains/:domain')
  @Operation({ id: 'getCookieDomain', summary: 'Shows one branded domain', tag: TAG, params, answers: { 200: cookieDomainAnswer }, refusals: { 404: ['not_found'] } })
  async get(@FromCall() call: Call, @Param() raw: unknown): Promise<unknown> {
    const { domain: name } = parseBody(params, raw);
    const found = (await this.unitOfWork.run(call.tenant, (tx) => cookieDomains(tx, [name]))).get(name);
    if (!found) throw notFound('branded domain');
    return found;
  }
}
