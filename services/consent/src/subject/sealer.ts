import { sealTo } from '@heed/crypto';
import { isRevoked, newestStores, revokedKeys } from '@heed/fanout';
import type { Sealed, Sealer } from '@heed/fanout';
import type { Identifier } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SealedIdentifiers } from './sealed-identifiers.js';
import type { Extent } from './sealed-identifiers.js';

type Wanted = Parameters<Sealer['seal']>[1];

/** Envelopes made without a pause, some milliseconds: callers are answered between them. */
const AT_ONCE = 8;

/**
 * Seals people's identifiers to stores. Consent is the only one who can; the others ask it over `/internal/seal`, and get what
 * came with the refs that they name. Consent's own decisions are about the whole person, as known when they are sent.
 */
export class SubjectSealer implements Sealer {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly sealedIdentifiers: SealedIdentifiers,
    private readonly extent: Extent = 'person',
  ) {}

  /** For the other owners: an erasure that was asked for before a merge is not about whoever was found since. */
  justNamed(): SubjectSealer {
    return new SubjectSealer(this.unitOfWork, this.sealedIdentifiers, 'ref');
  }

  async seal(tenant: string, wanted: Wanted): Promise<ReadonlyMap<string, Sealed>> {
    if (wanted.length === 0) return new Map();
    const { stores, revoked, known, unreadable, erased } = await this.unitOfWork.run(tenant, async (tx: Tx) => {
      const refs = [...new Set(wanted.flatMap((w) => [w.ref, ...w.aliases]))];
      const { people, unreadable: sealed } = await this.sealedIdentifiers.of(tx, refs, this.extent);
      return {
        stores: new Map((await newestStores(tx)).map((store) => [store.id, store])),
        revoked: await revokedKeys(tx),
        known: people,
        unreadable: sealed,
        erased: await this.sealedIdentifiers.erased(tx, refs.filter((ref) => !people.has(ref))),
      };
    });
    // A store that is not in consent's copy of the data map yet cannot be sealed for, nor somebody whose key is missing: such
    // a dispatch is left for later, for it would pass over the one or call the other unknown.
    const ready = wanted.filter((one) => one.stores.every((id) => stores.has(id)) && ![one.ref, ...one.aliases].some((ref) => unreadable.has(ref)));
    const envelopes = new Map<string, Sealed>();
    for (const [i, one] of ready.entries()) {
      if (i % AT_ONCE === AT_ONCE - 1) await nextTurn();
      const refs = [one.ref, ...one.aliases];
      const identifiers = distinct(refs.flatMap((ref) => known.get(ref) ?? []));
      if (identifiers.length === 0) {
        envelopes.set(one.dispatchId, { aliases: [], envelope: null, erased: refs.some((ref) => erased.has(ref)) });
        continue;
      }
      const targets = one.stores.flatMap((id) => stores.get(id) ?? []);
      const unsealed = targets.filter((store) => isRevoked(store, revoked)).map((store) => store.id);
      const recipients = targets.flatMap((store) => (unsealed.includes(store.id) ? [] : [{ store: store.id, key: store.agent.encryptionKey }]));
      if (recipients.length === 0) continue; // every store waits for new keys of its agent
      envelopes.set(one.dispatchId, { aliases: [], unsealed, envelope: sealTo(recipients, identifiers, `${tenant}|${one.dispatchId}`) });
    }
    return envelopes;
  }
}

/** Two refs of one person lead to the same identifiers. */
function distinct(identifiers: readonly Identifier[]): readonly Identifier[] {
  return [...new Map(identifiers.map((one) => [`${one.type} ${one.value}`, one])).values()];
}
