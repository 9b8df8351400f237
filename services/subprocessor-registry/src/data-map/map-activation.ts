import { mapActivated } from '@heed/contracts-subprocessor-registry';
import { conflict, newEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { Injectable } from '@nestjs/common';
import { keepConfirmation, markActive, readConfirmations, readHead } from './data-map.store.js';
import { confirmedByAll } from './domain/confirmation.js';
import type { MapOwner } from './domain/confirmation.js';
import { REGISTRY } from '../source.js';

/** Makes a map version active once every owner holds it. */
@Injectable()
export class MapActivation {
  constructor(private readonly outbox: Outbox) {}

  /** @throws HeedError `map_version_unknown`: an owner cannot hold what was never proposed */
  async confirm(tx: Tx, owner: MapOwner, mapVersion: number): Promise<void> {
    const head = await readHead(tx, 'lock');
    if (mapVersion > head.mapVersion) throw conflict('map_version_unknown', `${owner} confirmed a map version that was never proposed.`);
    await keepConfirmation(tx, owner, mapVersion);
    const held = confirmedByAll(await readConfirmations(tx));
    if (held <= head.activeVersion) return;
    await markActive(tx, held);
    tx.record({ kind: 'data_map.activated', data: { mapVersion: held } });
    const event = newEvent(mapActivated, { source: REGISTRY, tenant: tx.tenant, key: tx.tenant, data: { mapVersion: held }, clock: tx.clock, cause: tx.cause });
    this.outbox.append([event], tx);
  }
}
