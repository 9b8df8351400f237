import { sealTo } from '@heed/crypto';
import { newestStores } from '@heed/fanout';
import type { Sealed, Sealer } from '@heed/fanout';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { SubjectStore } from './subject.store.js';

type Wanted = Parameters<Sealer['seal']>[1];

/** Seals people's identifiers to stores. Consent is the only one who can; the others ask it over `/internal/seal`. */
export class SubjectSealer implements Sealer {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly subjects: SubjectStore,
  ) {}

  async seal(tenant: string, wanted: Wanted): Promise<ReadonlyMap<string, Sealed>> {
    if (wanted.length === 0) return new Map();
    const { stores, identifiers, erased } = await this.unitOfWork.run(tenant, async (tx: Tx) => {
      const refs = [...new Set(wanted.flatMap((w) => [w.ref, ...w.aliases]))];
      const known = await this.subjects.identifiersOf(tx, refs);
      return {
        stores: new Map((await newestStores(tx)).map((store) => [store.id, store])),
        identifiers: known,
        erased: await this.subjects.erased(tx, refs.filter((ref) => !known.has(ref))),
      };
    });
    // A store that is not in consent's copy of the data map yet cannot be sealed for: its dispatch is left for later.
    const ready = wanted.filter((one) => one.stores.every((id) => stores.has(id)));
    return new Map(
      ready.map((one): readonly [string, Sealed] => {
        const known = [one.ref, ...one.aliases].flatMap((ref) => identifiers.get(ref) ?? []);
        const recipients = one.stores.flatMap((id) => {
          const store = stores.get(id);
          return store ? [{ store: id, key: store.agent.encryptionKey }] : [];
        });
        if (known.length === 0) return [one.dispatchId, { aliases: [], envelope: null, erased: [one.ref, ...one.aliases].some((ref) => erased.has(ref)) }];
        return [one.dispatchId, { aliases: [], envelope: sealTo(recipients, known, `${tenant}|${one.dispatchId}`) }];
      }),
    );
  }
}
