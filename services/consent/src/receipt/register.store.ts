import type { Tx } from '@heed/persistence';
import type { Basis } from '@heed/policy';
import type { ConsentRecord } from '../consent-record/consent-record.store.js';
import type { Decision } from '../consent-record/decision.js';
import { RECORD_COLUMNS, TOLD_COLUMNS } from '../consent-record/record-columns.js';
import { refsOfPerson } from '../identity/identity.store.js';

/** A decision as the register has it. */
export interface RegisterRow
  extends Pick<ConsentRecord, 'id' | 'ref' | 'version' | 'purpose' | 'state' | 'tookEffect' | 'policyVersion' | 'method' | 'actor' | 'occurredAt' | 'recordedAt' | 'validUntil' | 'domain'> {
  readonly notice: { readonly id: string; readonly version: string; readonly language: string; readonly hash: string } | null;
  readonly jurisdiction: string | null;
  readonly basis: Basis | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

const COLUMNS = `${RECORD_COLUMNS}, version::int AS version, domain,
  CASE WHEN notice_hash IS NOT NULL THEN jsonb_build_object('id', notice_id, 'version', notice_version, 'language', notice_language, 'hash', notice_hash) END AS notice`;

/** A decision of the person, under whichever of their refs. */
export async function recordOf(tx: Tx, ref: string, id: string): Promise<RegisterRow | undefined> {
  const [row] = await tx.query<RegisterRow>(`SELECT ${COLUMNS} FROM consent_record WHERE ref = ANY($1) AND id = $2`, [await refsOfPerson(tx, ref), id]);
  return row;
}

const BEFORE = { where: 'id < $2', order: 'id DESC' };

/** A person's decisions before `before`, newest first: for each of their refs a walk along the index, as long as the page. */
export async function recordsBefore(tx: Tx, ref: string, before: string, limit: number): Promise<readonly RegisterRow[]> {
  return page(tx, COLUMNS, BEFORE, ref, before, limit);
}

/** The same, as they are told to whoever keeps the person's data. */
export async function toldBefore(tx: Tx, ref: string, before: string, limit: number): Promise<readonly { readonly id: string }[]> {
  return page(tx, TOLD_COLUMNS, BEFORE, ref, before, limit);
}

/** The same from the other end, for an extract that is read as a diary is. */
export async function recordsAfter(tx: Tx, ref: string, after: string, limit: number): Promise<readonly RegisterRow[]> {
  return page(tx, COLUMNS, { where: 'id > $2', order: 'id' }, ref, after, limit);
}

async function page<Row extends object>(
  tx: Tx, columns: string, { where, order }: { readonly where: string; readonly order: string }, ref: string, id: string, limit: number,
): Promise<readonly Row[]> {
  return tx.query<Row>(
    `SELECT ${columns} FROM unnest($1::text[]) AS person(own)
       CROSS JOIN LATERAL (SELECT * FROM consent_record WHERE ref = own AND ${where} ORDER BY ${order} LIMIT $3) AS r ORDER BY ${order} LIMIT $3`,
    [await refsOfPerson(tx, ref), id, limit],
  );
}

/**
 * What was decided about a purpose under one ref, newest first; on a branded domain with what was said for all of them. Under one
 * ref, because it is that of a receipt: what a merge carried over stands there as a decision of its own.
 */
export async function historyOf(tx: Tx, { ref, purpose, domain }: RegisterRow, limit: number): Promise<readonly RegisterRow[]> {
  return tx.query<RegisterRow>(
    `SELECT ${COLUMNS} FROM consent_record WHERE ref = $1 AND purpose = $2 AND domain = ANY($3) ORDER BY id DESC LIMIT $4`,
    [ref, purpose, [domain, ''], limit],
  );
}

export async function recordById(tx: Tx, id: string): Promise<RegisterRow | undefined> {
  const [row] = await tx.query<RegisterRow>(`SELECT ${COLUMNS} FROM consent_record WHERE id = $1`, [id]);
  return row;
}

/** What was decided about its purpose after a decision, newest first; on a branded domain with what was said for all of them. */
export async function decidedSince(tx: Tx, { ref, purpose, domain, version, id }: RegisterRow, limit: number): Promise<readonly RegisterRow[]> {
  return tx.query<RegisterRow>(
    `SELECT ${COLUMNS} FROM consent_record WHERE ref = $1 AND purpose = $2 AND domain = ANY($3) AND version >= $4 AND id <> $5
      ORDER BY id DESC LIMIT $6`,
    [ref, purpose, [domain, ''], version, id, limit],
  );
}

/** What holds now for whoever the ref leads to, by purpose and domain. */
export async function presentOf(tx: Tx, ref: string): Promise<ReadonlyMap<string, Decision>> {
  const rows = await tx.query<{ purpose: string; domain: string; state: Decision }>(
    'SELECT purpose, domain, state FROM consent_state WHERE ref = (SELECT coalesce(person, ref) FROM subject WHERE ref = $1)',
    [ref],
  );
  return new Map(rows.map(({ purpose, domain, state }) => [presentKey({ purpose, domain }), state]));
}

export const presentKey = ({ purpose, domain }: { readonly purpose: string; readonly domain: string }): string => `${purpose} ${domain}`;

export async function personExists(tx: Tx, ref: string): Promise<boolean> {
  return (await tx.query('SELECT 1 FROM subject WHERE ref = $1', [ref])).length > 0;
}
