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
    const { stores, identifiers } = await this.unitOfWork.run(tenant, async (tx: Tx) => ({
      stores: new Map((await newestStores(tx)).map((store) => [store.id, store])),
      identifiers: await this.subjects.identifiersOf(tx, [...new Set(wanted.flatMap((w) => [w.ref, ...w.aliases]))]),
    }));
    // A store that is not in consent's copy of the data map yet cannot be sealed for: its dispatch is left for later.
    const ready = wanted.filter((one) => one.stores.every((id) => stores.has(id)));
    return new Map(
      ready.map((one): readonly [string, Sealed] => {
        const known = [one.ref, ...one.aliases].flatMap((ref) => identifiers.get(ref) ?? []);
        const recipients = one.stores.flatMap((id) => {
          const store = stores.get(id);
          return store ? [{ store: id, key: store.agent.encryptionKey }] : [];
        });
        if (known.length === 0) return [one.dispatchId, { aliases: [], envelope: null }];
        return [one.dispatchId, { aliases: [], envelope: sealTo(recipients, known, `${tenant}|${one.dispatchId}`) }];
      }),
    );
  }
}
