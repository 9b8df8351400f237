import { sealTo } from '@heed/crypto';
import { newestStores } from '@heed/fanout';
import type { Sealed, Sealer } from '@heed/fanout';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { SealedIdentifiers } from './sealed-identifiers.js';

type Wanted = Parameters<Sealer['seal']>[1];

/** Seals people's identifiers to stores. Consent is the only one who can; the others ask it over `/internal/seal`. */
export class SubjectSealer implements Sealer {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly sealedIdentifiers: SealedIdentifiers,
  ) {}

  async seal(tenant: string, wanted: Wanted): Promise<ReadonlyMap<string, Sealed>> {
    if (wanted.length === 0) return new Map();
    const { stores, known, unreadable, erased } = await this.unitOfWork.run(tenant, async (tx: Tx) => {
      const refs = [...new Set(wanted.flatMap((w) => [w.ref, ...w.aliases]))];
      const { people, unreadable: sealed } = await this.sealedIdentifiers.of(tx, refs);
      return {
        stores: new Map((await newestStores(tx)).map((store) => [store.id, store])),
        known: people,
        unreadable: sealed,
        erased: await this.sealedIdentifiers.erased(tx, refs.filter((ref) => !people.has(ref))),
      };
    });
    // A store that is not in consent's copy of the data map yet cannot be sealed for, nor somebody whose key is missing: such
    // a dispatch is left for later, for it would pass over the one or call the other unknown.
    const ready = wanted.filter((one) => one.stores.every((id) => stores.has(id)) && ![one.ref, ...one.aliases].some((ref) => unreadable.has(ref)));
    return new Map(
      ready.map((one): readonly [string, Sealed] => {
        const refs = [one.ref, ...one.aliases];
        const identifiers = refs.flatMap((ref) => known.get(ref) ?? []);
        const recipients = one.stores.flatMap((id) => {
          const store = stores.get(id);
          return store ? [{ store: id, key: store.agent.encryptionKey }] : [];
        });
        if (identifiers.length === 0) return [one.dispatchId, { aliases: [], envelope: null, erased: refs.some((ref) => erased.has(ref)) }];
        return [one.dispatchId, { aliases: [], envelope: sealTo(recipients, identifiers, `${tenant}|${one.dispatchId}`) }];
      }),
    );
  }
}
