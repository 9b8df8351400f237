import type { Place } from '@heed/crypto';
import type { FieldVault } from '../vault/field-vault.js';

/** A sealed value of an owner: all of one owner's are sealed under one key. */
export interface OwnedValue {
  readonly owner: string;
  readonly place: Place;
  readonly sealed: Buffer;
}

export interface Resealed {
  /** In the order of the values; what could not be read stays as it is. */
  readonly sealed: readonly Buffer[];
  /** The new key of each owner. */
  readonly keyOf: ReadonlyMap<string, string>;
  /** The keys that seal nothing any more. */
  readonly former: readonly string[];
}

/** Seals values anew, each owner's under one new key: what `Resealable.reseal` of a table does with what it has read. */
export async function resealValues(vault: FieldVault, tenant: string, values: readonly OwnedValue[]): Promise<Resealed> {
  const opened = await vault.open(tenant, values);
  const readable = values.filter((_, i) => opened[i] !== undefined);
  const owners = [...new Set(readable.map(({ owner }) => owner))];
  const keys = await vault.newKeys(tenant, owners.length);
  const keyOf = new Map(owners.map((owner, i) => [owner, keys[i]!]));
  const sealed = values.map(({ owner, place, sealed: before }, i) => {
    const [plain, key] = [opened[i], keyOf.get(owner)];
    return plain === undefined || !key ? before : vault.seal(key, place, plain);
  });
  const former = [...new Set(readable.map((value) => vault.keyIdOf(value.sealed)))];
  return { sealed, keyOf: new Map(owners.map((owner) => [owner, keyOf.get(owner)!.id])), former };
}
