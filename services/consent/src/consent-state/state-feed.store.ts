import type { Tx } from '@heed/persistence';
import { AGE_OF } from '../children/person-age.store.js';
import type { AgeJson } from '../children/person-age.store.js';

/** Class of the advisory lock that whoever publishes holds shared until the commit, and whoever begins a build holds alone. */
export const FEED_LOCK = 101;

export interface Feed {
  readonly active: boolean;
  readonly epoch: number;
  /** Milliseconds of its beginning. */
  readonly build: number;
  readonly complete: number;
  readonly afterRef: string;
  readonly people: number;
  readonly requested: 'same_key' | 'new_key' | null;
  readonly policyVersion: number;
  readonly policyHeard: number;
  readonly begunAt: Date | null;
  readonly completedAt: Date | null;
}

type Row = Omit<Feed, 'build' | 'complete' | 'people'> & { readonly build: string; readonly complete: string; readonly people: string };

const FEED = `SELECT active, epoch, build, complete, after_ref AS "afterRef", people, requested, policy_version AS "policyVersion",
  policy_heard AS "policyHeard", begun_at AS "begunAt", completed_at AS "completedAt" FROM state_feed`;

export async function readFeed(tx: Tx, lock = false): Promise<Feed> {
  const [row] = await tx.query<Row>(lock ? `${FEED} FOR UPDATE` : FEED);
  if (!row) throw new Error('state_feed has no row');
  return { ...row, build: Number(row.build), complete: Number(row.complete), people: Number(row.people) };
}

/** Where heartbeats are written from hears of it once this transaction's records are published. */
export async function tellBeat(tx: Tx, feed: Pick<Feed, 'epoch' | 'complete' | 'policyVersion'>): Promise<void> {
  await tx.query('INSERT INTO heed.state_feed_change (tenant, epoch, build, policy_version) VALUES ($1, $2, $3, $4)', [
    tx.tenant, feed.epoch, feed.complete, feed.policyVersion,
  ]);
}

interface FedDecision {
  readonly purpose: string;
  readonly domain: string;
  readonly state: string;
  readonly recordId: string;
  readonly validUntil: string | null;
}

export interface FedIdentifier {
  readonly type: string;
  /** Of its row, base64. */
  readonly blind: string;
  readonly stateKey: string | null;
  readonly stateEpoch: number;
}

export interface FedPerson {
  readonly ref: string;
  /** Other refs that were found to be theirs: what is asked of one is answered of the person. */
  readonly aliases: readonly string[];
  readonly version: number;
  readonly epoch: number;
  readonly build: number;
  /** The newest finished build under this epoch; 0: none yet. */
  readonly complete: number;
  readonly decisions: readonly FedDecision[];
  readonly identifiers: readonly FedIdentifier[];
  readonly age: AgeJson | null;
}

/** Each person once, by whichever of their refs: with the refs that were found to be theirs. */
const PEOPLE = `
  WITH person AS (SELECT DISTINCT coalesce(person, ref) AS ref FROM subject WHERE ref = ANY($1))
  SELECT f.epoch, f.build::float8 AS build, f.complete::float8 AS complete, s.ref, s.version::float8 AS version,
         coalesce((SELECT jsonb_agg(a.ref) FROM subject a WHERE a.person = s.ref), '[]') AS aliases,
         coalesce((SELECT jsonb_agg(jsonb_build_object('purpose', c.purpose, 'domain', c.domain, 'state', c.state, 'recordId', c.record_id,
                                                       'validUntil', c.valid_until) ORDER BY c.domain, c.purpose)
                     FROM consent_state c WHERE c.ref = s.ref), '[]') AS decisions,
         coalesce((SELECT jsonb_agg(jsonb_build_object('type', i.type, 'blind', encode(i.blind, 'base64'), 'stateKey', encode(i.state_key, 'base64'),
                                                       'stateEpoch', i.state_epoch))
                     FROM identifier i WHERE i.ref = s.ref), '[]') AS identifiers,
         ${AGE_OF('s')}
    FROM state_feed f CROSS JOIN person JOIN subject s USING (ref) WHERE f.active AND s.erased_at IS NULL`;

/** What is to be published of people: nobody while nobody reads. Under a ref that was merged stands what the person decided. */
export async function fedPeople(tx: Tx, refs: readonly string[]): Promise<readonly FedPerson[]> {
  // In a statement of its own: the next one must see what was committed while this one waited.
  await tx.query(`SELECT pg_advisory_xact_lock_shared(${FEED_LOCK}, hashtext(current_schema()))`);
  return tx.query<FedPerson>(PEOPLE, [refs]);
}

/** What identifiers are found by from now on. */
export async function keepStateKeys(tx: Tx, epoch: number, keyed: readonly { readonly type: string; readonly blind: string; readonly key: Buffer }[]): Promise<void> {
  if (keyed.length === 0) return;
  await tx.query(
    `UPDATE identifier i SET state_key = k.key, state_epoch = $4 FROM unnest($1::text[], $2::text[], $3::bytea[]) AS k(type, blind, key)
      WHERE i.type = k.type AND i.blind = decode(k.blind, 'base64')`,
    [keyed.map((k) => k.type), keyed.map((k) => k.blind), keyed.map((k) => k.key), epoch],
  );
}
