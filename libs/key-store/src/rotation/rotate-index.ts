import { failpoint } from '@heed/kernel';
import type { UnitOfWork } from '@heed/persistence';
import type { FieldVault } from '../vault/field-vault.js';
import type { Reindexable } from './reindexable.js';
import { RotationLog } from './rotation-log.js';
import type { Rotation } from './rotation-log.js';

const BATCH = 500;

/**
 * Gives a tenant's blind indexes in this service a new key: it joins, becomes what is written, the rows move batch by batch,
 * and the old key goes. People are found all the while, under whichever key their row stands; killed, it goes on.
 * @returns the epoch
 */
export async function rotateIndex(vault: FieldVault, unitOfWork: UnitOfWork, rotation: Rotation, indexes: readonly Reindexable[]): Promise<number> {
  const { tenant, step } = rotation;
  const log = new RotationLog(vault.options);
  const known = step === null ? await vault.indexEpochs.join(tenant) : await vault.refreshIndexes(tenant);
  const epoch = step === null ? Math.max(...known.all.map((index) => index.epoch)) : Number(step);
  await log.advance(tenant, 'index', { step: String(epoch) });
  failpoint('keys.index-joined');
  for (const index of indexes) await unitOfWork.run(tenant, (tx) => index.begin(tx, epoch));
  failpoint('keys.index-begun');
  await vault.indexEpochs.promote(tenant);
  for (const index of indexes) {
    for (;;) {
      const moved = await unitOfWork.run(tenant, (tx) => index.moveSome(tx, epoch, BATCH, vault));
      if (moved === 0) break;
      await log.advance(tenant, 'index', { by: moved });
      failpoint('keys.reindexed');
    }
  }
  await vault.indexEpochs.retire(tenant);
  return epoch;
}
