import { MAX_ALIASES } from '@heed/contracts-consent';
import type { Tx } from '@heed/persistence';
import { AGE_OF, ageFrom } from '../children/person-age.store.js';
import type { AgeJson, PersonAge } from '../children/person-age.store.js';
import type { Decision, Held, NoticeShown, RecordedState } from './decision.js';

export interface ConsentRecord {
  readonly id: string;
  readonly ref: string;
  readonly version: number;
  readonly purpose: string;
  readonly state: RecordedState;
  readonly tookEffect: boolean;
  readonly policyVersion: number;
  readonly notice: (NoticeShown & { readonly hash: string }) | undefined;
  readonly method: string;
  readonly actor: string;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly jurisdiction: string | undefined;
  readonly basis: string | null;
  readonly validUntil: Date | null;
  /** A branded domain; empty: everywhere. */
  readonly domain: string;
  /** A network in CIDR notation, truncated. */
  readonly network: string | undefined;
  readonly detail: Readonly<Record<string, unknown>> | undefined;
}

export interface PresentState extends Held {
  readonly ref: string;
  readonly purpose: string;
  readonly domain: string;
  readonly state: Decision;
  readonly recordId: string;
  readonly noticeId: string | null;
  readonly noticeVersion: string | null;
}

export interface RaisedVersion {
  /** The version before. */
  readonly version: number;
  /** Consent has forgotten who this is. */
  readonly erased: boolean;
  /** It was found to be somebody else's: nothing is decided under it any more. */
  readonly merged: boolean;
  /** Refs that were merged with it. */
  readonly aliases: readonly string[];
  /** What is known of the age of somebody who may be a child. */
  readonly age: PersonAge | undefined;
}

/** Locks people in one order and raises their versions: what is said of one person is in line from here on. */
export async function raiseVersions(tx: Tx, counts: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, RaisedVersion>> {
  if (counts.size === 0) return new Map();
  const rows = await tx.query<{ ref: string; version: string; erased: boolean; merged: boolean; aliases: string[]; age: AgeJson | null }>(
    `WITH locked AS (SELECT ref FROM subject WHERE ref = ANY($1) ORDER BY ref FOR UPDATE)
     UPDATE subject s SET version = s.version + n.by FROM locked l, unnest($1::text[], $2::int[]) AS n(ref, by)
      WHERE s.ref = l.ref AND n.ref = l.ref RETURNING s.ref, s.version, s.erased_at IS NOT NULL AS erased, s.person IS NOT NULL AS merged,
            ARRAY(SELECT a.ref FROM subject a WHERE a.person = s.ref ORDER BY a.absorbed, a.created_at DESC LIMIT ${MAX_ALIASES}) AS aliases, ${AGE_OF('s')}`,
    [[...counts.keys()], [...counts.values()]],
  );
  return new Map(rows.map(({ ref, version, age, ...row }) => [ref, { ...row, version: Number(version) - (counts.get(ref) ?? 0), age: ageFrom(age) }]));
}

/** What holds for these people now, on every domain. */
export async function presentStates(tx: Tx, refs: readonly string[]): Promise<readonly PresentState[]> {
  if (refs.length === 0) return [];
  return tx.query<PresentState>(
    `SELECT ref, purpose, domain, state, record_id AS "recordId", occurred_at AS "occurredAt", valid_until AS "validUntil",
            notice_id AS "noticeId", notice_version AS "noticeVersion" FROM consent_state WHERE ref = ANY($1)`,
    [refs],
  );
}

/** As `presentStates`, with what is known of the ages of those who may be children: the one look of every check. */
export async function presentPeople(tx: Tx, refs: readonly string[]): Promise<{ readonly states: readonly PresentState[]; readonly ages: ReadonlyMap<string, PersonAge> }> {
  if (refs.length === 0) return { states: [], ages: new Map() };
  const rows = await tx.query<{ ref: string; age: AgeJson | null } & Partial<PresentState>>(
    `SELECT p.ref, s.purpose, s.domain, s.state, s.record_id AS "recordId", s.occurred_at AS "occurredAt", s.valid_until AS "validUntil",
            s.notice_id AS "noticeId", s.notice_version AS "noticeVersion", ${AGE_OF('p')}
       FROM unnest($1::text[]) AS p(ref) LEFT JOIN consent_state s ON s.ref = p.ref`,
    [refs],
  );
  return {
    states: rows.filter((row): row is PresentState & { age: AgeJson | null } => row.purpose !== null),
    ages: new Map(rows.flatMap(({ ref, age }) => (age ? [[ref, ageFrom(age)!] as const] : []))),
  };
}

/** Appends to the register and moves the present states, in one statement. */
export async function appendRecords(tx: Tx, records: readonly ConsentRecord[], present: readonly PresentState[]): Promise<void> {
  if (records.length === 0 && present.length === 0) return;
  await tx.query(
    `WITH r AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, ref text, version bigint, purpose text, state text, took_effect boolean,
         policy_version int, notice_id text, notice_version text, notice_language text, notice_hash text, method text, actor text,
         occurred_at timestamptz, recorded_at timestamptz, jurisdiction text, basis text, valid_until timestamptz, domain text, network cidr, detail jsonb)),
     appended AS (
       INSERT INTO consent_record (id, ref, version, purpose, state, took_effect, policy_version, notice_id, notice_version, notice_language,
         notice_hash, method, actor, occurred_at, recorded_at, jurisdiction, basis, valid_until, domain, network, detail) SELECT * FROM r)
     INSERT INTO consent_state (ref, purpose, domain, state, record_id, occurred_at, valid_until, notice_id, notice_version)
     SELECT * FROM jsonb_to_recordset($2::jsonb) AS s(ref text, purpose text, domain text, state text, record_id uuid, occurred_at timestamptz,
       valid_until timestamptz, notice_id text, notice_version text)
     ON CONFLICT (ref, purpose, domain) DO UPDATE SET state = excluded.state, record_id = excluded.record_id, occurred_at = excluded.occurred_at,
       valid_until = excluded.valid_until, notice_id = excluded.notice_id, notice_version = excluded.notice_version`,
    [
      JSON.stringify(
        records.map((r) => ({
          id: r.id, ref: r.ref, version: r.version, purpose: r.purpose, state: r.state, took_effect: r.tookEffect,
          policy_version: r.policyVersion, notice_id: r.notice?.id, notice_version: r.notice?.version, notice_language: r.notice?.language,
          notice_hash: r.notice?.hash, method: r.method, actor: r.actor, occurred_at: r.occurredAt, recorded_at: r.recordedAt,
          jurisdiction: r.jurisdiction, basis: r.basis, valid_until: r.validUntil, domain: r.domain, network: r.network, detail: r.detail,
        })),
      ),
      JSON.stringify(
        present.map((p) => ({
          ref: p.ref, purpose: p.purpose, domain: p.domain, state: p.state, record_id: p.recordId, occurred_at: p.occurredAt,
          valid_until: p.validUntil, notice_id: p.noticeId, notice_version: p.noticeVersion,
        })),
      ),
    ],
  );
}
