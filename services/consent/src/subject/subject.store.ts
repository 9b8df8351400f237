import { newSubjectRef } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import type { FieldVault } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import type { Why } from '../identity/identity-change.store.js';
import { IdentifierIndex } from './identifier-index.js';
import type { Look } from './identifier-index.js';
import { metAtOnce, NewIdentifiers } from './new-identifiers.js';
import type { NewIdentifier } from './new-identifiers.js';

export { metAtOnce };

/** A person as a caller names them, normalised. */
export type Person = { readonly identifiers: readonly Identifier[] } | { readonly ref: string };

export interface Resolved {
  readonly ref: string;
  /** Other people whom the identifiers led to: the same call names what we know as several. */
  readonly aliases: readonly string[];
  /** The person was known before, but not by all of these identifiers. */
  readonly gained?: boolean;
}

/** Whoever names a person in passing says that these identifiers are theirs. */
const IN_PASSING: Why = { reason: 'named_together', actor: 'heed' };

/** Finds people, and mints those that are new. Set-based: a batch costs the same statements as one. */
export class SubjectStore {
  readonly index: IdentifierIndex;
  readonly identifiers: NewIdentifiers;

  constructor(vault: FieldVault) {
    this.index = new IdentifierIndex(vault);
    this.identifiers = new NewIdentifiers(vault);
  }

  /** Refs of people, in the order asked; undefined where nobody is known. A ref that was merged leads to the person it is found to be. */
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
    const fresh = new Set<string>();
    people.forEach((person, index) => {
      if ('ref' in person) return;
      const own = person.identifiers.flatMap((identifier) => look.blinded.get(identifier) ?? []);
      let resolved = resolvedFrom(own.flatMap(({ name }) => look.known.get(name) ?? minted.get(name) ?? []));
      if (!resolved) {
        resolved = { ref: newSubjectRef(), aliases: [] };
        fresh.add(resolved.ref);
      }
      for (const one of own) {
        if (look.known.has(one.name) || minted.has(one.name)) continue;
        minted.set(one.name, resolved.ref);
        rows.push({ ...one, ref: resolved.ref });
      }
      found[index] = resolved;
    });
    await this.identifiers.insert(tx, look.epoch, [...fresh], rows, IN_PASSING);
    const gained = new Set(rows.flatMap(({ ref }) => (fresh.has(ref) ? [] : [ref])));
    return found.map((one) => (one && gained.has(one.ref) ? { ...one, gained: true } : one));
  }

  private async findBy(tx: Tx, people: readonly Person[], look: Look): Promise<readonly (Resolved | undefined)[]> {
    const persons = await personOf(tx, people.flatMap((person) => ('ref' in person ? [person.ref] : [])));
    return people.map((person) => {
      if ('ref' in person) return resolvedFrom([persons.get(person.ref) ?? []].flat());
      return resolvedFrom(person.identifiers.flatMap((identifier) => look.known.get(look.blinded.get(identifier)?.name ?? '') ?? []));
    });
  }
}

/** Whom these refs lead to: themselves, or the person they were merged with. */
async function personOf(tx: Tx, refs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (refs.length === 0) return new Map();
  const rows = await tx.query<{ ref: string; person: string }>('SELECT ref, coalesce(person, ref) AS person FROM subject WHERE ref = ANY($1)', [refs]);
  return new Map(rows.map((row) => [row.ref, row.person]));
}

function identifiersIn(people: readonly Person[]): readonly Identifier[] {
  return people.flatMap((person) => ('ref' in person ? [] : person.identifiers));
}

function resolvedFrom(refs: readonly string[]): Resolved | undefined {
  const [ref, ...aliases] = [...new Set(refs)];
  return ref ? { ref, aliases } : undefined;
}
