import { failpoint } from '@heed/kernel';
import type { UnitOfWork } from '@heed/persistence';
import { orderShreds, REPLACED } from '../shred/shred-list.js';
import type { FieldVault } from '../vault/field-vault.js';
import { READY_MS } from '../vault/reservoir.js';
import { leastKeyId } from './resealable.js';
import type { Resealable } from './resealable.js';
import { RotationLog } from './rotation-log.js';
import type { Rotation } from './rotation-log.js';

const BATCH = 200;

/**
 * Seals every row of a tenant anew under younger keys, and has the old ones destroyed. A batch is one transaction, so that a
 * killed run leaves no row between two keys.
 * @returns whether it is finished: instances may hand out keys from before for a while, so a last round comes after that
 */
export async function rotateDataKeys(vault: FieldVault, unitOfWork: UnitOfWork, rotation: Rotation, tables: readonly Resealable[]): Promise<boolean> {
  const { tenant, requestedAt } = rotation;
  const log = new RotationLog(vault.options);
  const settled = vault.clock.now().getTime() >= requestedAt.getTime() + READY_MS;
  const before = leastKeyId(requestedAt);
  vault.forget(tenant);
  const [at, from = ''] = split(rotation.step);
  const first = Math.max(0, tables.findIndex(({ name }) => name === at));
  for (const [index, table] of tables.slice(first).entries()) {
    for (let after = index === 0 && from !== '' ? from : undefined; ; ) {
      const owners = await unitOfWork.run(tenant, async (tx) => {
        const batch = await table.nextBatch(tx, { after, before, limit: BATCH });
        const keyIds = batch.length === 0 ? [] : await table.reseal(tx, batch, vault);
        await orderShreds(tx, [{ keyIds, reason: REPLACED }]);
        return batch;
      });
      after = owners.at(-1);
      if (after === undefined) break;
      failpoint('keys.resealed');
      await log.advance(tenant, 'data', { step: `${table.name}/${after}`, by: owners.length });
    }
  }
  if (!settled) await log.advance(tenant, 'data', { step: '/' });
  return settled;
}

/** The table and the owner that a round came to. */
function split(step: string | null): readonly string[] {
  const [table = '', ...owner] = (step ?? '').split('/');
  return [table, owner.join('/')];
}
