import type { Identifier } from '@heed/kernel';
import { orderShreds } from '@heed/key-store';
import type { FieldVault, Place } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import { forgetTraces } from '../erasure/forget-traces.js';

/** What was known of a person under one ref, and is not any more. */
export interface Forgotten {
  readonly ref: string;
  readonly identifiers: number;
  readonly keys: number;
}

interface SealedIdentifier {
  /** Whom it was asked for. */
  readonly ref: string;
  /** Whose it was sealed as. */
  readonly owner: string;
  readonly type: string;
  readonly sealed: Buffer;
}

/** All that is known of the person whom a ref leads to, or just what came with that ref. */
export type Extent = 'person' | 'ref';

/** A ref that was merged leads to all that is known of the person. */
const OF_PERSON = `
  SELECT s.ref, coalesce(i.origin, i.ref) AS owner, i.type, i.sealed FROM subject s JOIN identifier i ON i.ref = coalesce(s.person, s.ref)
   WHERE s.ref = ANY($1) ORDER BY s.ref, i.created_at, i.type, i.blind`;
/** What came with another ref is that one's; what came with a mere device is the person's too. */
const OF_REF = `
  SELECT CASE WHEN i.origin = ANY($1) THEN i.origin ELSE i.ref END AS ref, coalesce(i.origin, i.ref) AS owner, i.type, i.sealed
    FROM identifier i LEFT JOIN subject o ON o.ref = i.origin
   WHERE i.origin = ANY($1) OR (i.ref = ANY($1) AND (i.origin IS NULL OR o.absorbed)) ORDER BY 1, i.created_at, i.type, i.blind`;

export const placeOf = (tenant: string, ref: string, type: string): Place => ({ tenant, subject: ref, type: 'identifier', field: type });

/** People's identifiers as values: opened for sealing to stores or writing to people, and deleted with the keys they are sealed under. */
export class SealedIdentifiers {
  constructor(private readonly vault: FieldVault) {}

  /**
   * What is known of these people, in a query here and at most one for the keys. Whose key is not there is missing although
   * they are known: see `unreadable`.
   * @param extent `ref` where more than was asked for would be too much, as for an erasure that was asked for before a merge
   */
  async of(
    tx: Tx, refs: readonly string[], extent: Extent,
  ): Promise<{ readonly people: ReadonlyMap<string, readonly Identifier[]>; readonly unreadable: ReadonlySet<string> }> {
    const rows = await tx.query<SealedIdentifier>(extent === 'person' ? OF_PERSON : OF_REF, [refs]);
    const values = await this.vault.open(tx.tenant, rows.map(({ owner, type, sealed }) => ({ place: placeOf(tx.tenant, owner, type), sealed })));
    const people = new Map<string, Identifier[]>();
    const unreadable = new Set<string>();
    rows.forEach(({ ref, type }, i) => {
      const value = values[i];
      if (value === undefined) unreadable.add(ref);
      else people.set(ref, [...(people.get(ref) ?? []), { type, value }]);
    });
    return { people, unreadable };
  }

  /** Locks people whom nobody is writing about now; the others are left for later, so that no write waits for another's erasure. */
  async lockIdle(tx: Tx, refs: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await tx.query<{ ref: string }>('SELECT ref FROM subject WHERE ref = ANY($1) ORDER BY ref FOR UPDATE SKIP LOCKED', [refs]);
    const known = await tx.query<{ ref: string }>('SELECT ref FROM subject WHERE ref = ANY($1)', [refs]);
    const locked = new Set(rows.map((row) => row.ref));
    const busy = new Set(known.flatMap(({ ref }) => (locked.has(ref) ? [] : [ref])));
    return new Set(refs.filter((ref) => !busy.has(ref))); // who never was a person here is in nobody's hands
  }

  /**
   * Deletes what leads to these people and orders its keys destroyed; the caller holds their locks. The refs stay, and lead
   * to nobody.
   */
  async forget(tx: Tx, refs: readonly string[]): Promise<readonly Forgotten[]> {
    if (refs.length === 0) return [];
    const rows = await tx.query<{ ref: string; sealed: Buffer }>('DELETE FROM identifier WHERE ref = ANY($1) RETURNING ref, sealed', [refs]);
    await forgetTraces(tx, refs);
    await tx.query('UPDATE subject SET erased_at = $2 WHERE ref = ANY($1) AND erased_at IS NULL', [refs, tx.clock.now()]);
    const people = [...Map.groupBy(rows, (row) => row.ref)].map(([ref, own]) => ({ ref, own, keyIds: [...new Set(own.map(({ sealed }) => this.vault.keyIdOf(sealed)))] }));
    await orderShreds(tx, people.map(({ ref, keyIds }) => ({ ref, keyIds, reason: 'person_erased' })));
    return people.map(({ ref, own, keyIds }) => ({ ref, identifiers: own.length, keys: keyIds.length }));
  }

  /** Of these people, those who were erased. */
  async erased(tx: Tx, refs: readonly string[]): Promise<ReadonlySet<string>> {
    if (refs.length === 0) return new Set();
    const rows = await tx.query<{ ref: string }>('SELECT ref FROM subject WHERE ref = ANY($1) AND erased_at IS NOT NULL', [refs]);
    return new Set(rows.map((row) => row.ref));
  }
}
