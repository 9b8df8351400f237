import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { notFound, uuid } from '@heed/kernel';
import { Database, UnitOfWork } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { idAfter } from '../position.js';
import { AccessReviews } from './access-reviews.js';
import { entryAnswer, reviewAnswer, reviewWithEntries } from './review.answer.js';
import { entriesAfter, entryOf, reviewOf, reviewsBefore } from './review.store.js';
import type { EntryRow, ReviewRow } from './review.store.js';

const body = z
  .strictObject({ decision: z.enum(['keep', 'revoke']), note: z.string().trim().min(1).max(500).optional() })
  .meta({ id: 'AccessDecision' });

/** `/v1/access-reviews`: who holds which role since when, and a decision about each (AJU-48, AJU-50, AUR-19). */
@Controller('v1/access-reviews')
export class AccessReviewsController {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly reviews: AccessReviews,
  ) {}

  @Get()
  @Operation({
    id: 'listAccessReviews',
    summary: 'Lists reviews of who holds which role, newest first',
    description: 'AJU-50, AUR-19: one is opened in time for the promised date; what is not decided by then is overdue and told by mail.',
    query: pageQuery,
    answers: { 200: pageAnswer(reviewAnswer) },
    leadsTo: { getAccessReview: { id: '/items/0/id' } },
  })
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<unknown>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    const rows = await this.unitOfWork.run(call.tenant, (tx) => reviewsBefore(tx, idAfter(cursor), limit + 1));
    const page = pageOf(rows, limit, (row) => row.id);
    return { items: page.items.map((row) => this.present(row)), nextCursor: page.nextCursor };
  }

  @Get(':id')
  @Operation({
    id: 'getAccessReview',
    summary: 'Shows a review with its entries, in pages',
    params: z.object({ id: uuid }),
    query: pageQuery,
    answers: { 200: reviewWithEntries },
    refusals: { 404: ['not_found'] },
  })
  async get(@FromCall() call: Call, @Param('id') id: string, @Query() query: Record<string, string>): Promise<unknown> {
    const { limit, cursor } = parseBody(pageQuery, query);
    if (!uuid.safeParse(id).success) throw notFound('review');
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const review = await reviewOf(tx, id);
      if (!review) throw notFound('review');
      const page = pageOf(await entriesAfter(tx, id, idAfter(cursor), limit + 1), limit, (row) => row.id);
      return { ...this.present(review), items: page.items.map(presentEntry), nextCursor: page.nextCursor };
    });
  }

  @Post(':id/entries/:entryId/decide')
  @HttpCode(200)
  @Operation({
    id: 'decideAccess',
    summary: 'Decides whether a holder keeps a role; the last decision closes the review',
    description: 'Nobody decides about themselves. `revoke` takes the role away in every service within seconds.',
    params: z.object({ id: uuid, entryId: uuid }),
    body,
    example: { decision: 'keep', note: 'still works the requests' },
    answers: { 200: entryAnswer },
    refusals: { 404: ['not_found'], 409: ['entry_decided', 'own_access', 'last_administrator'] },
  })
  async decide(@FromCall() call: Call, @Param('id') reviewId: string, @Param('entryId') entryId: string, @Body() json: unknown): Promise<unknown> {
    const decision = parseBody(body, json);
    if (!uuid.safeParse(reviewId).success || !uuid.safeParse(entryId).success) throw notFound('entry of a review');
    return runCall(this.unitOfWork, call, async (tx) => {
      await this.reviews.decide(tx, call, { reviewId, entryId, ...decision });
      const entry = await entryOf(tx, reviewId, entryId);
      return entry && presentEntry(entry);
    });
  }

  private present(row: ReviewRow): Readonly<Record<string, unknown>> {
    const overdue = row.due_at <= this.database.clock.now();
    return {
      id: row.id,
      state: row.closed_at ? 'closed' : overdue ? 'overdue' : 'open',
      openedAt: row.opened_at,
      dueAt: row.due_at,
      closedAt: row.closed_at,
      every: row.every,
      promise: row.promise,
      entries: row.entries,
      undecided: row.undecided,
    };
  }
}

function presentEntry(row: EntryRow): unknown {
  return {
    id: row.id,
    holderId: row.holder_id,
    subject: row.subject,
    role: row.role,
    since: row.since,
    lastSeen: row.last_seen,
    decision: row.decision,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    note: row.note,
  };
}
