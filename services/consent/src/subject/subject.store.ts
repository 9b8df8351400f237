import { newSubjectRef, unavailable } from '@heed/kernel';
import type { HeedError, Identifier } from '@heed/kernel';
import type { FieldVault } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import { IdentifierIndex } from './identifier-index.js';
import type { Blinded, Look } from './identifier-index.js';
import { placeOf } from './sealed-identifiers.js';

/** A person as a caller names them, normalised. */
export type Person = { readonly identifiers: readonly Identifier[] } | { readonly ref: string };

export interface Resolved {
  readonly ref: string;
  /** Other refs that the identifiers led to: the same call names what we know as several people. */
  readonly aliases: readonly string[];
}

type NewIdentifier = Blinded & { readonly ref: string };

/** Finds people, and mints those that are new. Set-based: a batch costs the same statements as one. */
export class SubjectStore {
  private readonly index: IdentifierIndex;

  constructor(private readonly vault: FieldVault) {
    this.index = new IdentifierIndex(vault);
  }

  /** Refs of people, in the order asked; undefined where nobody is known. */
  async find(tx: Tx, people: readonly Person[]): Promise<readonly (Resolved | undefined)[]> {
    return this.findBy(tx, people, await this.index.look(tx, identifiersIn(people), false));
  }

  /**
   * Refs of people, in the order asked, minting those that are new and linking identifiers that were not known yet.
   * Undefined for a ref that does not exist.
   */
  async resolve(tx: Tx, people: readonly Person[]): Promise<readonly (Resolved | undefined)[]> {
    const look = await this.index.look(tx, identifiersIn(people), true);
    const found = [...(await this.findBy(tx, people, look))];
    const minted = new Map<string, string>(); // identifier → the ref it gets in this batch
    const rows: NewIdentifier[] = [];
    const fresh: string[] = [];
    people.forEach((person, index) => {
      if ('ref' in person) return;
      const own = person.identifiers.flatMap((identifier) => look.blinded.get(identifier) ?? []);
      let resolved = resolvedFrom(own.flatMap(({ name }) => look.known.get(name) ?? minted.get(name) ?? []));
      if (!resolved) {
        resolved = { ref: newSubjectRef(), aliases: [] };
        fresh.push(resolved.ref);
      }
      for (const one of own) {
        if (look.known.has(one.name) || minted.has(one.name)) continue;
        minted.set(one.name, resolved.ref);
        rows.push({ ...one, ref: resolved.ref });
      }
      found[index] = resolved;
    });
    await this.insert(tx, look.epoch, fresh, rows);
    return found;
  }

  private async findBy(tx: Tx, people: readonly Person[], look: Look): Promise<readonly (Resolved | undefined)[]> {
    const refs = people.flatMap((person) => ('ref' in person ? [person.ref] : []));
    const existing = new Set(refs.length === 0 ? [] : (await tx.query<{ ref: string }>('SELECT ref FROM subject WHERE ref = ANY($1)', [refs])).map((r) => r.ref));
    return people.map((person) => {
      if ('ref' in person) return existing.has(person.ref) ? { ref: person.ref, aliases: [] } : undefined;
      return resolvedFrom(person.identifiers.flatMap((identifier) => look.known.get(look.blinded.get(identifier)?.name ?? '') ?? []));
    });
  }

  /** Nothing is linked to a person who was just forgotten: the next try finds nobody and mints somebody new. */
  private async assertNotForgotten(tx: Tx, refs: readonly string[]): Promise<void> {
    if (refs.length === 0) return;
    const people = [...new Set(refs)];
    const rows = await tx.query('SELECT 1 FROM subject WHERE ref = ANY($1) AND erased_at IS NULL ORDER BY ref FOR KEY SHARE', [people]);
    if (rows.length < people.length) throw metAtOnce();
  }

  private async insert(tx: Tx, epoch: number, fresh: readonly string[], unordered: readonly NewIdentifier[]): Promise<void> {
    if (unordered.length === 0) return;
    await this.assertNotForgotten(tx, unordered.map((row) => row.ref).filter((ref) => !fresh.includes(ref)));
    // In one order for everybody: two batches with the same new people would otherwise wait for each other.
    const rows = unordered.toSorted((a, b) => Number(a.type > b.type) - Number(a.type < b.type) || a.blind.compare(b.blind));
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
    ]);
    // Somebody else met the same person first: this transaction is undone and finds them on the next try.
    if (inserted.length < rows.length) throw metAtOnce();
  }

  /** A person's identifiers under one key of their own, and those that are linked later under one more. */
  private async sealed(tenant: string, rows: readonly NewIdentifier[]): Promise<readonly Buffer[]> {
    const refs = [...new Set(rows.map((row) => row.ref))];
    const keys = await this.vault.newKeys(tenant, refs.length);
    const keyOf = new Map(refs.map((ref, i) => [ref, keys[i]!]));
    return rows.map(({ ref, type, value }) => this.vault.seal(keyOf.get(ref)!, placeOf(tenant, ref, type), value));
  }
}

/** Writes nothing where another epoch counts by now, or somebody of the batch stands there under another epoch's hash. */
const INSERT = `
  WITH minted AS (INSERT INTO subject (ref, version, created_at) SELECT r, 0, $6 FROM unnest($1::text[]) AS r)
  INSERT INTO identifier (type, blind, ref, sealed, created_at, epoch)
  SELECT t, b, r, s, $6, $7::int FROM unnest($2::text[], $3::bytea[], $4::text[], $5::bytea[]) AS i(t, b, r, s)
   WHERE (SELECT epoch FROM blind_index) = $7::int
     AND NOT EXISTS (SELECT 1 FROM identifier JOIN unnest($8::text[], $9::bytea[]) AS o(type, blind) USING (type, blind))
  ON CONFLICT (type, blind) DO NOTHING RETURNING 1 AS one`;

/** The transaction is undone and tried again: what it had read of a person is not so any more. */
export const metAtOnce = (): HeedError => unavailable('person_met_at_once', 'The same person was registered or erased by another call; try again.');

function identifiersIn(people: readonly Person[]): readonly Identifier[] {
  return people.flatMap((person) => ('ref' in person ? [] : person.identifiers));
}

function resolvedFrom(refs: readonly string[]): Resolved | undefined {
  const [ref, ...aliases] = [...new Set(refs)];
  return ref ? { ref, aliases } : undefined;
}
