import { accessReviewOverdue } from '@heed/contracts-access';
import { conflict, newEvent, notFound, uuidv7 } from '@heed/kernel';
import type { Call } from '@heed/http';
import { Outbox } from '@heed/outbox';
import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { calendarOf, sourceLabel } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { Injectable } from '@nestjs/common';
import { activePolicy } from '../../policy/policy.store.js';
import { REGISTRY } from '../../source.js';
import { revokeRole } from '../domain/revocation.js';
import { RevokeAccess } from '../revoke-access.use-case.js';
import { refuseOwn } from '../who-decides.js';
import { reviewDates } from './domain/review-dates.js';
import { closeReview, entryOf, insertReview, newestReview, reviewOf, REVIEWS, startedAt } from './review.store.js';
import type { ReviewRow } from './review.store.js';

export interface EntryDecision {
  readonly reviewId: string;
  readonly entryId: string;
  readonly decision: 'keep' | 'revoke';
  readonly note?: string | undefined;
}

/** Reviews of who holds which role: opened in time, decided entry by entry, told when overdue (AJU-50, AUR-19). */
@Injectable()
export class AccessReviews {
  constructor(
    private readonly outbox: Outbox,
    private readonly revokeAccess: RevokeAccess,
  ) {}

  /** Does what is due, and asks to be called when the next thing is. */
  async advance(tx: Tx): Promise<void> {
    const policy = await activePolicy(tx);
    if (!policy) return; // its activation calls again
    const started = await startedAt(tx);
    const newest = await newestReview(tx);
    if (newest && !newest.closed_at) await this.watch(tx, newest);
    else await this.openWhenTime(tx, policy.pack, newest?.closed_at ?? started);
  }

  async decide(tx: Tx, call: Call, { reviewId, entryId, decision, note }: EntryDecision): Promise<void> {
    await startedAt(tx);
    const review = await reviewOf(tx, reviewId);
    const entry = review && (await entryOf(tx, reviewId, entryId));
    if (!review || !entry) throw notFound('entry of a review');
    if (entry.decision) throw conflict('entry_decided', 'This entry was decided before; a role that was taken away is given back at /v1/role-holders.');
    refuseOwn(call, entry.holder_id);
    await tx.query('UPDATE access_review_entry SET decision = $2, decided_by = $3, decided_at = $4, note = $5 WHERE id = $1', [entryId, decision, call.actor, tx.clock.now(), note ?? null]);
    tx.record({ kind: 'access_review.decided', data: { reviewId, entryId, holderId: entry.holder_id, role: entry.role, decision, by: call.actor } });
    if (decision === 'revoke') await this.revokeAccess.run(tx, [revokeRole(entry.holder_id, entry.role, true)], { actor: call.actor });
    if (review.undecided === 1) await this.close(tx, review);
  }

  private async openWhenTime(tx: Tx, pack: PolicyPack, since: Date): Promise<void> {
    const { value: every, source } = pack.security.accessReviewEvery;
    const { opensAt, dueAt } = reviewDates(since, every, calendarOf(pack));
    if (tx.clock.now() < opensAt) return remind(tx, { work: REVIEWS, at: opensAt });
    const id = uuidv7(tx.clock.now());
    const promise = sourceLabel(source);
    const entries = await insertReview(tx, { id, dueAt, every, promise });
    tx.record({ kind: 'access_review.opened', data: { reviewId: id, entries, dueAt: dueAt.toISOString(), promise } });
    const opened = await reviewOf(tx, id);
    if (!opened) return;
    // Where nobody holds a role there is nothing to decide, and that is the review.
    if (entries === 0) await this.close(tx, opened);
    else await this.watch(tx, opened);
  }

  /** Tells once that an open review should have been done. */
  private async watch(tx: Tx, review: ReviewRow): Promise<void> {
    if (review.overdue_at) return;
    if (tx.clock.now() < review.due_at) return remind(tx, { work: REVIEWS, at: review.due_at });
    await tx.query('UPDATE access_review SET overdue_at = $2 WHERE id = $1', [review.id, tx.clock.now()]);
    const data = {
      reviewId: review.id,
      openedAt: review.opened_at.toISOString(),
      dueAt: review.due_at.toISOString(),
      entries: review.entries,
      undecided: review.undecided,
      promise: review.promise,
    };
    tx.record({ kind: 'access_review.overdue', data });
    this.outbox.append([newEvent(accessReviewOverdue, { source: REGISTRY, tenant: tx.tenant, key: tx.tenant, data, clock: tx.clock, cause: tx.cause })], tx);
  }

  private async close(tx: Tx, review: ReviewRow): Promise<void> {
    const decided = await closeReview(tx, review.id);
    tx.record({ kind: 'access_review.closed', data: { reviewId: review.id, ...decided, promise: review.promise } });
    await remind(tx, { work: REVIEWS, at: tx.clock.now() });
  }
}
