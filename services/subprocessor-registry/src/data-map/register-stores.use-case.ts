import { mapProposed } from '@heed/contracts-subprocessor-registry';
import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { malformed, newEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { Injectable } from '@nestjs/common';
import { REGISTRY } from '../source.js';
import { keepAgentKeys } from './agent-key.store.js';
import { assertAgentKeys } from './agent-keys.js';
import { proposeVersion, readHead, registeredStores, saveStores } from './data-map.store.js';
import { changedStores, repeatedStore } from './domain/store-change.js';
import type { Registrant } from './domain/store-change.js';

export interface Registration {
  readonly mapVersion: number;
  readonly activeMapVersion: number;
  readonly state: 'active' | 'proposed';
  /** All stores of the tenant. */
  readonly stores: readonly string[];
  readonly changed: boolean;
}

/** An agent says which stores it serves; anything new makes a new version of the tenant's whole map. */
@Injectable()
export class RegisterStores {
  constructor(private readonly outbox: Outbox) {}

  async run(tx: Tx, offered: readonly DataStore[], by: Registrant): Promise<Registration> {
    const repeated = repeatedStore(offered);
    if (repeated) throw malformed('store_repeated', `The store ${repeated} stands twice in this registration.`);
    offered.forEach(assertAgentKeys);
    const head = await readHead(tx, 'lock');
    const registered = await registeredStores(tx);
    const changed = changedStores(offered, registered, by);
    const stores = new Map([...registered].map(([id, store]) => [id, store.definition]));
    for (const store of changed) stores.set(store.id, store);
    const ids = [...stores.keys()].sort();
    const mapVersion = changed.length > 0 ? head.mapVersion + 1 : head.mapVersion;
    if (changed.length > 0) {
      await saveStores(tx, changed, mapVersion, by.subject);
      await keepAgentKeys(tx, changed);
      await proposeVersion(tx, mapVersion, ids, by.subject);
      tx.record({ kind: 'data_map.proposed', data: { mapVersion, changed: changed.map((store) => store.id), by: by.subject } });
      const data = { mapVersion, stores: ids.flatMap((id) => stores.get(id) ?? []) };
      this.outbox.append([newEvent(mapProposed, { source: REGISTRY, tenant: tx.tenant, key: tx.tenant, data, clock: tx.clock, cause: tx.cause })], tx);
    }
    return {
      mapVersion,
      activeMapVersion: head.activeVersion,
      state: mapVersion === head.activeVersion ? 'active' : 'proposed',
      stores: ids,
      changed: changed.length > 0,
    };
  }
}
