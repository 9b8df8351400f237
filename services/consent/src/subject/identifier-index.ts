import { unavailable } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import type { BlindIndexes, FieldVault } from '@heed/key-store';
import type { Tx } from '@heed/persistence';

/** An identifier as it is looked up and written. */
export interface Blinded {
  readonly type: string;
  readonly value: string;
  /** Under the epoch that is written now. */
  readonly blind: Buffer;
  /** Under the others: while a new key takes over, a row may still stand under the former one. */
  readonly others: readonly Buffer[];
  /** The same for the same identifier. */
  readonly name: string;
}

/** What a look found, and the epoch under which it looked. */
export interface Look {
  readonly epoch: number;
  readonly blinded: ReadonlyMap<Identifier, Blinded>;
  /** Refs by `Blinded.name`. */
  readonly known: ReadonlyMap<string, string>;
}

interface Row {
  readonly epoch: number;
  readonly type: string | null;
  readonly blind: Buffer | null;
  readonly ref: string | null;
}

/** Class of the advisory lock that hashes are written under. */
export const INDEX_LOCK = 70;

/**
 * Finds identifiers by their keyed hashes. Which epoch counts stands in the tenant's own tables and comes with the look-up,
 * so that an instance whose keys in memory are older notices, and reads them anew.
 */
export class IdentifierIndex {
  constructor(private readonly vault: FieldVault) {}

  /** @param writes what is not found is going to be written: until the commit no other epoch becomes the one that counts */
  async look(tx: Tx, identifiers: readonly Identifier[], writes: boolean): Promise<Look> {
    if (identifiers.length === 0) return { epoch: 0, blinded: new Map(), known: new Map() };
    const first = await this.lookWith(tx, await this.vault.indexes(tx.tenant), identifiers, writes);
    const look = first ?? (await this.lookWith(tx, await this.vault.refreshIndexes(tx.tenant), identifiers, writes));
    if (look) return look;
    // The table may name a key that left after the copy was made that this table came from: only another change ends that.
    await this.vault.askIndexChange(tx.tenant);
    throw unavailable('keys_unavailable', 'The keys by which people are found are just being changed; try again.');
  }

  private async lookWith(tx: Tx, indexes: BlindIndexes, identifiers: readonly Identifier[], writes: boolean): Promise<Look | undefined> {
    const hashes = identifiers.map((identifier) => indexes.all.map(({ epoch, of }) => ({ epoch, blind: of(identifier.type, identifier.value) })));
    const wanted = identifiers.flatMap(({ type }, i) => (hashes[i] ?? []).map(({ blind }) => ({ type, blind })));
    const rows = await tx.query<Row>(writes ? LOOK_LOCKED : LOOK, [wanted.map((w) => w.type), wanted.map((w) => w.blind)]);
    const epoch = rows[0]?.epoch ?? 0;
    if (!indexes.all.some((index) => index.epoch === epoch)) return undefined;
    const refs = new Map(rows.flatMap(({ type, blind, ref }) => (type && blind && ref ? [[nameOf(type, blind), ref] as const] : [])));
    const blinded = new Map<Identifier, Blinded>();
    const known = new Map<string, string>();
    identifiers.forEach((identifier, i) => {
      const own = hashes[i] ?? [];
      const written = own.find((hash) => hash.epoch === epoch)?.blind ?? Buffer.alloc(0);
      const name = nameOf(identifier.type, written);
      blinded.set(identifier, { ...identifier, blind: written, others: own.flatMap((hash) => (hash.epoch === epoch ? [] : [hash.blind])), name });
      const ref = own.flatMap(({ blind }) => refs.get(nameOf(identifier.type, blind)) ?? [])[0];
      if (ref) known.set(name, ref);
    });
    return { epoch, blinded, known };
  }
}

const nameOf = (type: string, blind: Buffer): string => `${type}:${blind.toString('base64')}`;

const FOUND = `LEFT JOIN (identifier JOIN unnest($1::text[], $2::bytea[]) AS w(type, blind) USING (type, blind)) ON true`;
const LOOK = `SELECT h.epoch, type, blind, ref FROM blind_index h ${FOUND}`;
const LOOK_LOCKED = `WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(${INDEX_LOCK}, hashtext(current_schema())))
  SELECT h.epoch, type, blind, ref FROM locked CROSS JOIN blind_index h ${FOUND}`;
