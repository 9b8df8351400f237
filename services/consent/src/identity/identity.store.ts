import { MAX_ALIASES } from '@heed/contracts-consent';
import { notFound, refused } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { raiseVersions } from '../consent-record/consent-record.store.js';
import { metAtOnce } from '../subject/new-identifiers.js';

/** Types that name a device and not a person: whoever uses it next may be somebody else. */
export const DEVICE_TYPES: readonly string[] = ['cookie_id', 'device_id'];

export const isDevice = (type: string): boolean => DEVICE_TYPES.includes(type);

/** @throws HeedError `not_found` */
export async function personOf(tx: Tx, ref: string): Promise<string> {
  const [row] = await tx.query<{ person: string }>('SELECT coalesce(person, ref) AS person FROM subject WHERE ref = $1', [ref]);
  if (!row) throw notFound('person');
  return row.person;
}

/** Every ref of whoever this one leads to: what they decided stands under all of them. Empty where the ref is nobody's. */
export async function refsOfPerson(tx: Tx, ref: string): Promise<readonly string[]> {
  const rows = await tx.query<{ ref: string }>(
    `SELECT coalesce(person, ref) AS ref FROM subject WHERE ref = $1
      UNION SELECT a.ref FROM subject s JOIN subject a ON a.person = coalesce(s.person, s.ref) WHERE s.ref = $1`,
    [ref],
  );
  return rows.map((row) => row.ref);
}

/** The other refs of these people, the latest minted first. What came with a mere device comes last, and is left out first. */
export async function aliasesOf(tx: Tx, people: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  if (people.length === 0) return new Map();
  const rows = await tx.query<{ person: string; ref: string }>(
    'SELECT person, ref FROM subject WHERE person = ANY($1) AND erased_at IS NULL ORDER BY absorbed, created_at DESC, ref',
    [people],
  );
  return new Map([...Map.groupBy(rows, (row) => row.person)].map(([person, own]) => [person, own.slice(0, MAX_ALIASES).map(({ ref }) => ref)]));
}

/**
 * Locks people in one order and raises each one's version.
 * @returns the versions before
 * @throws HeedError `person_met_at_once` where one was merged meanwhile, `subject_erased`
 */
export async function lockThemselves(tx: Tx, refs: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const raised = await raiseVersions(tx, new Map(refs.map((ref) => [ref, 1])));
  if ([...raised.values()].some(({ merged }) => merged)) throw metAtOnce();
  if ([...raised.values()].some(({ erased }) => erased)) throw refused('subject_erased', 'Heed has forgotten who this was; nobody can be found to be them.');
  return new Map([...raised].map(([ref, { version }]) => [ref, version]));
}

/** In one order for everybody, before anything is looked at or written that comes in another. */
export async function lockInOrder(tx: Tx, refs: readonly string[]): Promise<void> {
  await tx.query('SELECT 1 FROM subject WHERE ref = ANY($1) ORDER BY ref FOR UPDATE', [[...new Set(refs)]]);
}

/** Only cookies and devices are known of them, or nothing at all. */
export async function isAnonymous(tx: Tx, ref: string): Promise<boolean> {
  const rows = await tx.query('SELECT 1 FROM identifier WHERE ref = $1 AND type <> ALL($2) LIMIT 1', [ref, DEVICE_TYPES]);
  return rows.length === 0;
}

/** From now on `other`, and whoever was merged with it before, leads to `ref`. @returns who had been merged with it */
export async function leadTo(tx: Tx, ref: string, other: string, absorbed: boolean): Promise<readonly string[]> {
  const members = await tx.query<{ ref: string }>('UPDATE subject SET person = $1 WHERE person = $2 RETURNING ref', [ref, other]);
  await tx.query('UPDATE subject SET person = $1, absorbed = $3 WHERE ref = $2', [ref, other, absorbed]);
  await tx.query('UPDATE identifier SET ref = $1, origin = coalesce(origin, ref) WHERE ref = $2', [ref, other]);
  return members.map((row) => row.ref);
}

/** The opposite: `alias` is its own person again, with those who came with it and what came with them. */
export async function leadBack(tx: Tx, alias: string, members: readonly string[]): Promise<void> {
  await tx.query('UPDATE subject SET person = NULL, absorbed = false WHERE ref = $1', [alias]);
  await tx.query('UPDATE subject SET person = $1 WHERE ref = ANY($2)', [alias, members]);
  await tx.query('UPDATE identifier SET ref = $1, origin = nullif(origin, $1) WHERE origin = ANY($2)', [alias, [alias, ...members]]);
}

export async function leadsTo(tx: Tx, ref: string, person: string): Promise<boolean> {
  return (await tx.query('SELECT 1 FROM subject WHERE ref = $1 AND person = $2', [ref, person])).length > 0;
}
