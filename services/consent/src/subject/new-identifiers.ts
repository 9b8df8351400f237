import { unavailable, uuidv7 } from '@heed/kernel';
import type { HeedError } from '@heed/kernel';
import type { FieldVault } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import { keepChanges } from '../identity/identity-change.store.js';
import type { Why } from '../identity/identity-change.store.js';
import type { Blinded } from './identifier-index.js';
import { placeOf } from './sealed-identifiers.js';

export type NewIdentifier = Blinded & { readonly ref: string };

/** Writes identifiers that nobody has: sealed under their person's keys, and to be found again by their hashes. */
export class NewIdentifiers {
  constructor(private readonly vault: FieldVault) {}

  /**
   * @param fresh refs that are minted with them
   * @param why for the history of people who had others before
   * @throws HeedError `person_met_at_once`: nothing was written, and who it is has to be looked up again
   */
  async insert(tx: Tx, epoch: number, fresh: readonly string[], unordered: readonly NewIdentifier[], why: Why): Promise<void> {
    if (unordered.length === 0) return;
    const minted = new Set(fresh);
    // In one order for everybody: two batches with the same new people would otherwise wait for each other.
    const rows = unordered
      .toSorted((a, b) => Number(a.type > b.type) - Number(a.type < b.type) || a.blind.compare(b.blind))
      .map((row) => ({ ...row, id: minted.has(row.ref) ? null : uuidv7(tx.clock.now()) }));
    await assertThemselves(tx, rows.flatMap((row) => (row.id ? [row.ref] : [])));
    const others = rows.flatMap(({ type, others: blinds }) => blinds.map((blind) => ({ type, blind })));
    const inserted = await tx.query(INSERT, [
      fresh,
      rows.map((r) => r.type),
      rows.map((r) => r.blind),
      rows.map((r) => r.ref),
      await this.sealed(tx.tenant, rows),
      tx.clock.now(),
      epoch,
      others.map((o) => o.type),
      others.map((o) => o.blind),
      rows.map((r) => r.id),
    ]);
    // Somebody else met the same person first: this transaction is undone and finds them on the next try.
    if (inserted.length < rows.length) throw metAtOnce();
    // That a new person has these identifiers, their rows say themselves.
    await keepChanges(tx, why, rows.flatMap(({ id, type, ref }) => (id ? [{ kind: 'linked' as const, ref, identifier: { id, type } }] : [])));
  }

  /** A person's identifiers under one key of their own, and those that are linked later under one more. */
  private async sealed(tenant: string, rows: readonly NewIdentifier[]): Promise<readonly Buffer[]> {
    const refs = [...new Set(rows.map((row) => row.ref))];
    const keys = await this.vault.newKeys(tenant, refs.length);
    const keyOf = new Map(refs.map((ref, i) => [ref, keys[i]!]));
    return rows.map(({ ref, type, value }) => this.vault.seal(keyOf.get(ref)!, placeOf(tenant, ref, type), value));
  }
}

/** Nothing is linked to a person who was just forgotten or merged with another: the next try finds who it is by then. */
async function assertThemselves(tx: Tx, refs: readonly string[]): Promise<void> {
  if (refs.length === 0) return;
  const people = [...new Set(refs)];
  const rows = await tx.query('SELECT 1 FROM subject WHERE ref = ANY($1) AND erased_at IS NULL AND person IS NULL ORDER BY ref FOR KEY SHARE', [people]);
  if (rows.length < people.length) throw metAtOnce();
}

/** Writes nothing where another epoch counts by now, or somebody of the batch stands there under another epoch's hash. */
const INSERT = `
  WITH minted AS (INSERT INTO subject (ref, version, created_at) SELECT r, 0, $6 FROM unnest($1::text[]) AS r)
  INSERT INTO identifier (type, blind, ref, sealed, created_at, epoch, id)
  SELECT t, b, r, s, $6, $7::int, d FROM unnest($2::text[], $3::bytea[], $4::text[], $5::bytea[], $10::uuid[]) AS i(t, b, r, s, d)
   WHERE (SELECT epoch FROM blind_index) = $7::int
     AND NOT EXISTS (SELECT 1 FROM identifier JOIN unnest($8::text[], $9::bytea[]) AS o(type, blind) USING (type, blind))
  ON CONFLICT (type, blind) DO NOTHING RETURNING 1 AS one`;

/** The transaction is undone and tried again: what it had read of a person is not so any more. */
export const metAtOnce = (): HeedError => unavailable('person_met_at_once', 'The same person was registered, merged or erased by another call; try again.');
