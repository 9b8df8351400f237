import { childResolved } from '@heed/contracts-consent';
import { newEvent, notFound } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { ageLimits } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import type { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import { personOf } from '../identity/identity.store.js';
import { metAtOnce } from '../subject/new-identifiers.js';
import type { ParentalConsent } from './domain/age.js';
import { grantsOfChildren } from './grants-of-children.js';
import { knownAges } from './person-age.store.js';

export type Resolution =
  | { readonly outcome: 'adult' }
  | { readonly outcome: 'child'; readonly age?: number | undefined }
  | { readonly outcome: 'parental_consent'; readonly age?: number | undefined; readonly parentalConsent: ParentalConsent };

/** Somebody has looked, and says what the person is: that stands against signals, and only a lower age overrides it. */
export class ResolveCase {
  constructor(
    private readonly policies: PolicyStore,
    private readonly decisions: RecordDecisions,
    private readonly outbox: Outbox,
    private readonly feed: ConsentStateFeed,
  ) {}

  /**
   * @returns the ref of the person, where the one that was named leads to another
   * @throws HeedError `not_found` where nothing is known of the person's age, or who it was is forgotten; `person_met_at_once`
   */
  async run(tx: Tx, asked: string, resolution: Resolution, by: string, cause: Cause): Promise<string> {
    const ref = await personOf(tx, asked);
    const [row] = await tx.query<{ merged: boolean; erased: boolean }>(
      'SELECT person IS NOT NULL AS merged, erased_at IS NOT NULL AS erased FROM subject WHERE ref = $1 FOR UPDATE', [ref],
    );
    if (row?.merged) throw metAtOnce();
    if (row?.erased || !(await knownAges(tx, [ref])).has(ref)) throw notFound('child case');
    const { pack } = await this.policies.current(tx);
    const limits = ageLimits(pack);
    const { outcome } = resolution;
    const age = outcome === 'adult' ? Number.POSITIVE_INFINITY : (resolution.age ?? 0);
    const parental = outcome === 'parental_consent' ? resolution.parentalConsent : null;
    await tx.query(
      `UPDATE person_age SET standing = 'verified', at_least = $2, believed_from = NULL, parental = $3, opened_at = coalesce(opened_at, $4), reason = coalesce(reason, 'age_stated'),
         channel = coalesce(channel, 'api'), resolved_at = $4, resolved_by = $5, outcome = $6 WHERE ref = $1`,
      [ref, limits.findLast((limit) => limit <= age) ?? 0, parental && JSON.stringify(parental), tx.clock.now(), by, outcome],
    );
    if (outcome !== 'adult') await this.decisions.record(tx, await grantsOfChildren(tx, pack, [ref]));
    await this.feed.changed(tx, [ref]);
    const resolvedAt = tx.clock.now().toISOString();
    tx.record({ kind: 'child.resolved', ref, data: { outcome, by, ...(parental ? { method: parental.method } : {}) } });
    this.outbox.append([newEvent(childResolved, { source: '/heed/consent', tenant: tx.tenant, key: ref, clock: tx.clock, cause, data: { ref, outcome, resolvedAt } })], tx);
    return ref;
  }
}
