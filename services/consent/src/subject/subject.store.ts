import type { FieldVault } from '@heed/crypto';
import { newSubjectRef, unavailable } from '@heed/kernel';
import type { HeedError, Identifier } from '@heed/kernel';
import type { Tx } from '@heed/persistence';

/** A person as a caller names them, normalised. */
export type Person = { readonly identifiers: readonly Identifier[] } | { readonly ref: string };

export interface Resolved {
  readonly ref: string;
  /** Other refs that the identifiers led to: the same call names what we know as several people. */
  readonly aliases: readonly string[];
}

/** What was known of a person under one ref, and is not any more. */
export interface Forgotten {
  readonly ref: string;
  readonly identifiers: number;
  readonly keys: number;
}

type Blinds = Map<Person, { type: string; blind: Buffer; key: string; value: string }[]>;
type NewIdentifier = { readonly type: string; readonly blind: Buffer; readonly ref: string; readonly value: string };

const fieldOf = (type: string): string => `identifier|${type}`;
const keyOf = (type: string, blind: Buffer): string => `${type}:${blind.toString('base64')}`;

/** Finds people, and mints those that are new. Set-based: a batch costs the same statements as one. */
export class SubjectStore {
  constructor(private readonly vault: FieldVault) {}

  /** Refs of people, in the order asked; undefined where nobody is known. */
  async find(tx: Tx, people: readonly Person[]): Promise<readonly (Resolved | undefined)[]> {
    const blinds = this.blinds(tx.tenant, people);
    return this.findBy(tx, people, blinds, await this.lookUp(tx, [...blinds.values()].flat()));
  }

  /**
   * Refs of people, in the order asked, minting those that are new and linking identifiers that were not known yet.
   * Undefined for a ref that does not exist.
   */
  async resolve(tx: Tx, people: readonly Person[]): Promise<readonly (Resolved | undefined)[]> {
    const blinds = this.blinds(tx.tenant, people);
    const known = await this.lookUp(tx, [...blinds.values()].flat());
    const found = [...(await this.findBy(tx, people, blinds, known))];
    const minted = new Map<string, string>(); // identifier → the ref it gets in this batch
    const rows: NewIdentifier[] = [];
    const fresh: string[] = [];
    people.forEach((person, index) => {
      if ('ref' in person) return;
      const own = blinds.get(person) ?? [];
      let resolved = resolvedFrom(own.flatMap(({ key }) => known.get(key) ?? minted.get(key) ?? []));
      if (!resolved) {
        resolved = { ref: newSubjectRef(), aliases: [] };
        fresh.push(resolved.ref);
      }
      for (const { type, blind, key, value } of own) {
        if (known.has(key) || minted.has(key)) continue;
        minted.set(key, resolved.ref);
        rows.push({ type, blind, ref: resolved.ref, value });
      }
      found[index] = resolved;
    });
    await this.insert(tx, fresh, rows);
    return found;
  }

  private async findBy(tx: Tx, people: readonly Person[], blinds: Blinds, known: ReadonlyMap<string, string>): Promise<readonly (Resolved | undefined)[]> {
    const refs = people.flatMap((person) => ('ref' in person ? [person.ref] : []));
    const existing = new Set(refs.length === 0 ? [] : (await tx.query<{ ref: string }>('SELECT ref FROM subject WHERE ref = ANY($1)', [refs])).map((r) => r.ref));
    return people.map((person) => {
      if ('ref' in person) return existing.has(person.ref) ? { ref: person.ref, aliases: [] } : undefined;
      return resolvedFrom((blinds.get(person) ?? []).flatMap(({ key }) => known.get(key) ?? []));
    });
  }

  /** The identifiers of people, opened, for sealing to stores or writing to them. */
  async identifiersOf(tx: Tx, refs: readonly string[]): Promise<ReadonlyMap<string, readonly Identifier[]>> {
    const rows = await tx.query<{ ref: string; type: string; sealed: Buffer }>(
      'SELECT ref, type, sealed FROM identifier WHERE ref = ANY($1) ORDER BY ref, created_at',
      [refs],
    );
    const people = new Map<string, Identifier[]>();
    for (const { ref, type, sealed } of rows) {
      const list = people.get(ref) ?? [];
      list.push({ type, value: this.vault.open(tx.tenant, ref, fieldOf(type), sealed) });
      people.set(ref, list);
    }
    return people;
  }

  /** Locks people whom nobody is writing about now; the others are left for later, so that no write waits for another's erasure. */
  async lockIdle(tx: Tx, refs: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await tx.query<{ ref: string }>('SELECT ref FROM subject WHERE ref = ANY($1) ORDER BY ref FOR UPDATE SKIP LOCKED', [refs]);
    const known = await tx.query<{ ref: string }>('SELECT ref FROM subject WHERE ref = ANY($1)', [refs]);
    const locked = new Set(rows.map((row) => row.ref));
    const busy = new Set(known.flatMap(({ ref }) => (locked.has(ref) ? [] : [ref])));
    return new Set(refs.filter((ref) => !busy.has(ref))); // who never was a person here is in nobody's hands
  }

  /** Deletes what leads to these people; the caller holds their locks. The refs stay, and lead to nobody. */
  async forget(tx: Tx, refs: readonly string[]): Promise<readonly Forgotten[]> {
    if (refs.length === 0) return [];
    const rows = await tx.query<{ ref: string; sealed: Buffer }>('DELETE FROM identifier WHERE ref = ANY($1) RETURNING ref, sealed', [refs]);
    await tx.query('UPDATE subject SET erased_at = $2 WHERE ref = ANY($1) AND erased_at IS NULL', [refs, tx.clock.now()]);
    return [...Map.groupBy(rows, (row) => row.ref)].map(([ref, own]) => ({ ref, identifiers: own.length, keys: 0 }));
  }

  /** Of these people, those who were erased. */
  async erased(tx: Tx, refs: readonly string[]): Promise<ReadonlySet<string>> {
    if (refs.length === 0) return new Set();
    const rows = await tx.query<{ ref: string }>('SELECT ref FROM subject WHERE ref = ANY($1) AND erased_at IS NOT NULL', [refs]);
    return new Set(rows.map((row) => row.ref));
  }

  /** Nothing is linked to a person who was just forgotten: the next try finds nobody and mints somebody new. */
  private async assertNotForgotten(tx: Tx, refs: readonly string[]): Promise<void> {
    if (refs.length === 0) return;
    const people = [...new Set(refs)];
    const rows = await tx.query('SELECT 1 FROM subject WHERE ref = ANY($1) AND erased_at IS NULL ORDER BY ref FOR KEY SHARE', [people]);
    if (rows.length < people.length) throw metAtOnce();
  }

  private blinds(tenant: string, people: readonly Person[]): Blinds {
    return new Map(
      people.flatMap((person) =>
        'ref' in person
          ? []
          : [[person, person.identifiers.map(({ type, value }) => {
              const blind = this.vault.index(tenant, type, value);
              return { type, blind, key: keyOf(type, blind), value };
            })] as const],
      ),
    );
  }

  private async lookUp(tx: Tx, wanted: readonly { type: string; blind: Buffer }[]): Promise<ReadonlyMap<string, string>> {
    if (wanted.length === 0) return new Map();
    const rows = await tx.query<{ type: string; blind: Buffer; ref: string }>(
      'SELECT type, blind, ref FROM identifier JOIN unnest($1::text[], $2::bytea[]) AS w(type, blind) USING (type, blind)',
      [wanted.map((w) => w.type), wanted.map((w) => w.blind)],
    );
    return new Map(rows.map((row) => [keyOf(row.type, row.blind), row.ref]));
  }

  private async insert(tx: Tx, fresh: readonly string[], unordered: readonly NewIdentifier[]): Promise<void> {
    if (unordered.length === 0) return;
    await this.assertNotForgotten(tx, unordered.map((row) => row.ref).filter((ref) => !fresh.includes(ref)));
    // In one order for everybody: two batches with the same new people would otherwise wait for each other.
    const rows = unordered.toSorted((a, b) => Number(a.type > b.type) - Number(a.type < b.type) || a.blind.compare(b.blind));
    const inserted = await tx.query(
      `WITH minted AS (INSERT INTO subject (ref, version, created_at) SELECT r, 0, $6 FROM unnest($1::text[]) AS r)
       INSERT INTO identifier (type, blind, ref, sealed, created_at)
       SELECT t, b, r, s, $6 FROM unnest($2::text[], $3::bytea[], $4::text[], $5::bytea[]) AS i(t, b, r, s)
       ON CONFLICT (type, blind) DO NOTHING RETURNING 1 AS one`,
      [
        fresh,
        rows.map((r) => r.type),
        rows.map((r) => r.blind),
        rows.map((r) => r.ref),
        rows.map((r) => this.vault.seal(tx.tenant, r.ref, fieldOf(r.type), r.value)),
        tx.clock.now(),
      ],
    );
    // Somebody else met the same person first: this transaction is undone and finds them on the next try.
    if (inserted.length < rows.length) throw metAtOnce();
  }
}

/** The transaction is undone and tried again: what it had read of a person is not so any more. */
export const metAtOnce = (): HeedError => unavailable('person_met_at_once', 'The same person was registered or erased by another call; try again.');

function resolvedFrom(refs: readonly string[]): Resolved | undefined {
  const [ref, ...aliases] = [...new Set(refs)];
  return ref ? { ref, aliases } : undefined;
}
