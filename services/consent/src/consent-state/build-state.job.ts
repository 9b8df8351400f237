import { consentStateBuild, consentStatePolicy, STATE_KEYS } from '@heed/contracts-consent';
import { failpoint, newEvent, unavailable } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import { lookAtDue, remind } from '@heed/persistence';
import type { Database, Tx, UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import type { ActivePolicy } from '@heed/tenant-policy';
import type { ConsentStateFeed } from './consent-state-feed.js';
import { policyRecord } from './policy-record.js';
import { FEED_LOCK, readFeed, tellBeat } from './state-feed.store.js';
import type { Feed } from './state-feed.store.js';
import type { StateKeys } from './state-keys.js';

/** What the job is reminded of. */
export const CONSENT_STATE = 'consent-state';
/** People of one transaction: nobody's decision waits longer for their locks. */
const PEOPLE = 200;
/** Whoever decides holds the lock shared for a moment; a build that has to wait longer than this is begun later. */
const PATIENCE = '5s';

/**
 * Publishes everybody's decisions from the register: when a platform team asks for the state key for the first time, when the
 * topic was lost, and under a new key. Decisions that are made meanwhile are published beside it.
 */
export class BuildConsentState {
  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly unitOfWork: UnitOfWork;
      readonly policies: PolicyStore;
      readonly keys: StateKeys;
      readonly feed: ConsentStateFeed;
      readonly outbox: Outbox;
    },
  ) {}

  async run(): Promise<void> {
    const look = (tenant: string): Promise<boolean> => this.step(tenant);
    while (await lookAtDue(this.deps.database, CONSENT_STATE, look));
  }

  /** Asks for a publication of everybody; one that is under way begins anew. Who waits for another key gets it, whatever is asked after. */
  async request(tx: Tx, wish: 'same_key' | 'new_key'): Promise<void> {
    await tx.query(`UPDATE state_feed SET requested = CASE requested WHEN 'new_key' THEN requested ELSE $1 END`, [wish]);
    await remind(tx, { work: CONSENT_STATE, at: tx.clock.now() });
  }

  /** @returns whether there is more to do */
  private async step(tenant: string): Promise<boolean> {
    const done = await this.deps.unitOfWork.run(tenant, async (tx) => {
      const feed = await readFeed(tx, true);
      const policy = await this.deps.policies.current(tx);
      if (feed.requested) await this.begin(tx, feed, policy);
      else if (feed.active && policy.version !== feed.policyVersion) await this.tellPolicy(tx, feed, policy);
      else if (feed.build !== feed.complete) return this.publishSome(tx, feed);
      else if (feed.active && policy.version < feed.policyHeard) throw unavailable('policy_not_ready', 'A newer policy was heard of and is not here yet.');
      else return undefined;
      return false;
    });
    // The former key is in nobody's hands any more once everybody is published under the new one.
    if (done) await this.deps.keys.destroyBefore(tenant, done.epoch);
    return done !== undefined;
  }

  private async begin(tx: Tx, feed: Feed, policy: ActivePolicy): Promise<void> {
    await tx.query(`SELECT set_config('lock_timeout', '${PATIENCE}', true)`);
    // Every transaction that has read the former build is over when this is had, so that the scan sees what it wrote.
    await tx.query(`SELECT pg_advisory_xact_lock(${FEED_LOCK}, hashtext(current_schema()))`);
    const now = tx.clock.now();
    const next = {
      epoch: feed.active && feed.requested === 'same_key' ? feed.epoch : feed.epoch + 1,
      build: Math.max(feed.build + 1, now.getTime()),
      policyVersion: policy.version,
    };
    const complete = next.epoch === feed.epoch ? feed.complete : 0;
    await tx.query(
      `UPDATE state_feed SET active = true, requested = NULL, epoch = $1, build = $2, complete = $3, after_ref = '', people = 0, policy_version = $4,
         begun_at = $5, completed_at = NULL`,
      [next.epoch, next.build, complete, next.policyVersion, now],
    );
    this.say(tx, consentStateBuild, STATE_KEYS.build, { v: 1, build: next.build, epoch: next.epoch, at: now.toISOString() });
    this.say(tx, consentStatePolicy, STATE_KEYS.policy, policyRecord(policy, now));
    await tellBeat(tx, { ...next, complete });
    tx.record({ kind: 'consent_state.build_begun', data: { build: next.build, epoch: next.epoch } });
  }

  private async tellPolicy(tx: Tx, feed: Feed, policy: ActivePolicy): Promise<void> {
    await tx.query('UPDATE state_feed SET policy_version = $1', [policy.version]);
    this.say(tx, consentStatePolicy, STATE_KEYS.policy, policyRecord(policy, tx.clock.now()));
    await tellBeat(tx, { ...feed, policyVersion: policy.version });
  }

  /** @returns the feed when nobody is left; false while somebody is */
  private async publishSome(tx: Tx, feed: Feed): Promise<Feed | false> {
    const rows = await tx.query<{ ref: string }>(
      'SELECT ref FROM subject WHERE ref > $1 AND person IS NULL AND erased_at IS NULL ORDER BY ref LIMIT $2 FOR UPDATE', [feed.afterRef, PEOPLE],
    );
    const refs = rows.map((row) => row.ref);
    await this.deps.feed.changed(tx, refs);
    failpoint('consent-state.build.before-commit');
    const last = refs.at(-1) ?? feed.afterRef;
    await tx.query('UPDATE state_feed SET after_ref = $1, people = people + $2', [last, refs.length]);
    if (refs.length === PEOPLE) return false;
    await tx.query('UPDATE state_feed SET complete = build, completed_at = $1', [tx.clock.now()]);
    await tellBeat(tx, { ...feed, complete: feed.build });
    tx.record({ kind: 'consent_state.build_complete', data: { build: feed.build, epoch: feed.epoch, people: feed.people + refs.length } });
    return feed;
  }

  private say(tx: Tx, definition: Parameters<typeof newEvent>[0], key: string, data: unknown): void {
    this.deps.outbox.append([newEvent(definition, { source: '/heed/consent', tenant: tx.tenant, key, data, clock: tx.clock, cause: tx.cause })], tx);
  }
}
