import type { FieldVault } from '@heed/crypto';
import { newSubjectRef, unavailable } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import type { Tx } from '@heed/persistence';

/** A person as a caller names them, normalised. */
export type Person = { readonly identifiers: readonly Identifier[] } | { readonly ref: string };

export interface Resolved {
  readonly ref: string;
  /** Other refs that the identifiers led to: the same call names what we know as several people. */
  readonly aliases: readonly string[];
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
    if (inserted.length < rows.length) throw unavailable('person_met_at_once', 'The same person was registered by another call; try again.');
  }
}

function resolvedFrom(refs: readonly string[]): Resolved | undefined {
  const [ref, ...aliases] = [...new Set(refs)];
  return ref ? { ref, aliases } : undefined;
}
