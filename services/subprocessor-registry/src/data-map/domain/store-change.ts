import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { canonicalJson } from '@heed/crypto';
import { HeedError } from '@heed/kernel';

/** A store as it is registered now, and the token subject whose it is. */
export interface RegisteredStore {
  readonly definition: DataStore;
  readonly owner: string;
}

export interface Registrant {
  readonly subject: string;
  /** A tenant admin may correct any map; only an agent's own token changes its keys. */
  readonly isAdmin: boolean;
}

/**
 * Which of the offered stores differ from what is registered.
 * @throws HeedError `store_owned_by_another` (403): who could swap a store's keys could read what is sealed for it
 */
export function changedStores(
  offered: readonly DataStore[],
  registered: ReadonlyMap<string, RegisteredStore>,
  by: Registrant,
): readonly DataStore[] {
  return offered.filter((store) => {
    const known = registered.get(store.id);
    if (!known) return true;
    if (canonicalJson(known.definition) === canonicalJson(store)) return false;
    const sameKeys = canonicalJson(known.definition.agent) === canonicalJson(store.agent);
    if (known.owner === by.subject || (by.isAdmin && sameKeys)) return true;
    throw new HeedError({
      kind: 'forbidden',
      code: 'store_owned_by_another',
      detail: `The store ${store.id} was registered by another agent, and only that agent may change it.`,
    });
  });
}

/** Every store at most once, so that the last one does not win silently. */
export function repeatedStore(stores: readonly DataStore[]): string | undefined {
  const seen = new Set<string>();
  return stores.find(({ id }) => seen.size === seen.add(id).size)?.id;
}
