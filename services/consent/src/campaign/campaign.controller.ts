import { domain, jurisdiction } from '@heed/contracts-ingress';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call } from '@heed/http';
import { instant, malformed, notFound, purposeId, subject, subjectRef, uuid } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { noticeId, noticeVersion } from '../notice/notice-name.js';
import { askAnswer, campaignAnswer, personToAsk } from './campaign.answer.js';
import { campaignOf, listCampaigns } from './campaign.store.js';
import type { Campaign } from './campaign.store.js';
import { MayAskConsent } from './may-ask.use-case.js';
import { progressOf } from './progress.js';
import type { Progress } from './progress.js';
import { questionsToAsk } from './question.store.js';
import { StartCampaign } from './start-campaign.use-case.js';

const TAG = { name: 'campaigns', description: 'Asking again after a notice says something else.' };
const params = z.object({ id: uuid });
const campaignBody = z
  .strictObject({
    notice: noticeId,
    version: noticeVersion,
    purposes: z.array(purposeId).min(1).max(100).optional().describe("All of the notice's where left out."),
    deadline: instant.optional(),
    onNoAnswer: z.enum(['keep', 'expire']).describe('What becomes of a consent whose person was asked and said nothing until the deadline.'),
  })
  .meta({ id: 'NewCampaign' });
const askedBody = z.strictObject({ refs: z.array(subjectRef).min(1).max(500) }).meta({ id: 'PeopleAsked' });
const mayAskBody = z
  .strictObject({
    subject,
    purposes: z.array(purposeId).min(1).max(100),
    jurisdiction: jurisdiction.optional(),
    domain: domain.optional(),
  })
  .meta({ id: 'MayAskQuestion' });

/** `/v1/campaigns` and `/v1/consents/may-ask`. */
@Controller('v1')
export class CampaignController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly campaigns: StartCampaign,
    private readonly asking: MayAskConsent,
  ) {}

  @Post('campaigns')
  @HttpCode(201)
  @Operation({
    id: 'startCampaign',
    summary: 'Starts asking again those whose consent rests on an older version of a notice',
    description: 'For a notice that says something else now: it names a purpose more, or the first number of its version is higher. Who said no is left alone for the period of the policy, and so is who was asked within the last month.',
    tag: TAG,
    body: campaignBody,
    example: { notice: 'signup', version: '2', deadline: '2027-01-31T00:00:00Z', onNoAnswer: 'expire' },
    answers: { 201: campaignAnswer },
    refusals: { 409: ['campaign_running'], 422: ['notice_unknown', 'notice_for_other_purpose', 'change_not_material', 'deadline_past', 'deadline_missing'] },
    leadsTo: { getCampaign: { id: '/id' }, listPeopleToAsk: { id: '/id' } },
  })
  async start(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const wanted = parseBody(campaignBody, body);
    return runCall(this.unitOfWork, call, async (tx) => shown(tx, await this.campaigns.run(tx, { ...wanted, deadline: wanted.deadline === undefined ? null : new Date(wanted.deadline) }, call.actor)));
  }

  @Get('campaigns')
  @Operation({ id: 'listCampaigns', summary: 'Lists campaigns with their progress, newest first', tag: TAG, query: pageQuery, answers: { 200: pageAnswer(campaignAnswer) } })
  async list(@FromCall() call: Call, @Query() raw: unknown): Promise<unknown> {
    const { limit, cursor } = parseBody(pageQuery, raw);
    const before = readCursor(cursor) ?? null;
    if (before !== null && !uuid.safeParse(before).success) throw malformed('cursor_malformed', 'The cursor is not one that a list gave.');
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const page = pageOf(await listCampaigns(tx, before, limit + 1), limit, (one) => one.id);
      const progress = await progressOf(tx, page.items.map(({ id }) => id));
      return { ...page, items: page.items.map((one) => presented(one, progress)) };
    });
  }

  @Get('campaigns/:id')
  @Operation({ id: 'getCampaign', summary: 'Shows a campaign with its progress', tag: TAG, params, answers: { 200: campaignAnswer }, refusals: { 404: ['not_found'] } })
  async get(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    return this.unitOfWork.run(call.tenant, async (tx) => shown(tx, await found(tx, id)));
  }

  @Get('campaigns/:id/people')
  @Operation({
    id: 'listPeopleToAsk',
    summary: 'Lists whom to ask for what, page by page',
    description: 'Refs only: whoever writes to them resolves where. Who has answered meanwhile is not in it.',
    tag: TAG,
    params,
    query: pageQuery,
    answers: { 200: pageAnswer(personToAsk) },
    refusals: { 404: ['not_found'] },
  })
  async people(@FromCall() call: Call, @Param('id') id: string, @Query() raw: unknown): Promise<unknown> {
    const { limit, cursor } = parseBody(pageQuery, raw);
    const after = (readCursor(cursor) ?? '').split(' ');
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const page = pageOf(await questionsToAsk(tx, (await found(tx, id)).id, after, limit + 1), limit, (one) => `${one.listed} ${one.domain}`);
      return { ...page, items: page.items.map(({ ref, domain, purposes }) => ({ ref, domain: domain === '' ? null : domain, purposes })) };
    });
  }

  @Post('campaigns/:id/asked')
  @HttpCode(200)
  @Operation({
    id: 'markPeopleAsked',
    summary: 'Says that people were asked; the register keeps that as `requested`',
    tag: TAG,
    params,
    body: askedBody,
    answers: { 200: z.strictObject({ asked: z.int().min(0).describe('Questions that were put now; those that were put before are not counted.') }).meta({ id: 'QuestionsAsked' }) },
    refusals: { 404: ['not_found'], 409: ['campaign_closed'] },
  })
  async asked(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { refs } = parseBody(askedBody, body);
    return runCall(this.unitOfWork, call, async (tx) => ({ asked: await this.campaigns.asked(tx, await found(tx, id), refs, call.actor, call.cause) }));
  }

  @Post('consents/may-ask')
  @HttpCode(200)
  @Operation({
    id: 'mayAskConsent',
    summary: 'Says whether a person may be asked for purposes now, and if not, from when on',
    description: 'A refusal is left alone for the period of the policy, a question without an answer for a month, a consent for as long as it holds and its notice says the same.',
    tag: TAG,
    body: mayAskBody,
    example: { subject: { identifiers: [{ type: 'email', value: 'ada@example.com' }] }, purposes: ['marketing_email'] },
    answers: { 200: z.strictObject({ items: z.array(askAnswer) }).meta({ id: 'MayAskAnswer' }) },
    idempotent: false,
  })
  async mayAsk(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const question = parseBody(mayAskBody, body);
    return { items: await this.unitOfWork.run(call.tenant, (tx) => this.asking.run(tx, question)) };
  }
}

async function found(tx: Tx, id: string): Promise<Campaign> {
  const campaign = uuid.safeParse(id).success ? await campaignOf(tx, id) : undefined;
  if (!campaign) throw notFound('campaign');
  return campaign;
}

const shown = async (tx: Tx, campaign: Campaign): Promise<unknown> => presented(campaign, await progressOf(tx, [campaign.id]));

function presented({ older, afterRef: _, ...campaign }: Campaign, progress: ReadonlyMap<string, Progress>): unknown {
  return { ...campaign, olderVersions: older, progress: progress.get(campaign.id) };
}
