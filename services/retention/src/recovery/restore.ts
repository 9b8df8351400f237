import { retentionEvents } from '@heed/contracts-retention';
import { restoreDispatches } from '@heed/fanout';
import { restoreShreds } from '@heed/key-store';
import type { Restore } from '@heed/recovery';
import type { ServiceRecovery } from '@heed/runtime';
import { PolicyStore } from '@heed/tenant-policy';
import type { retentionEnvironment } from '../retention.config.js';
import { dispatchesOf, lostHolds, restoreAliases, restoreHolds } from './restore-holds.js';

/** What retention puts back of its own: a hold that the copy does not know would let be destroyed what it protects. */
export const retentionRecovery: ServiceRecovery<typeof retentionEnvironment> = {
  ownTopics: [retentionEvents[0].topics[0] ?? '', 'heed.t.{tenant}.commands.v1'],
  restore: (): Restore => async (tx, lost, { applied, missing }) => {
    applied.add('keys_destroyed', await restoreShreds(tx, lost.records));
    const holds = lostHolds(lost);
    await restoreHolds(tx, holds);
    applied.add('holds_placed', holds.placed.length);
    applied.add('holds_released', holds.released.length);
    applied.add('clearances', holds.answered.length);
    missing.add('words_about_holds', holds.placed.length + holds.released.length);
    if (holds.placed.length + holds.extended.length + holds.released.length === 0) return;
    const { pack } = await new PolicyStore().current(tx);
    const refs = [...holds.placed, ...holds.extended, ...holds.released].map(({ ref }) => ref);
    const known = await tx.query<{ ref: string; version: string }>('SELECT ref, version FROM person WHERE ref = ANY($1)', [refs]);
    const versions = new Map(known.map(({ ref, version }) => [ref, Number(version)]));
    const next = (ref: string): number => {
      versions.set(ref, (versions.get(ref) ?? 0) + 1);
      return versions.get(ref) ?? 1;
    };
    const lostOnes = [...dispatchesOf(pack, holds, next)].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
    const dispatches = await restoreDispatches(tx, 'retention', lostOnes, lost.published);
    applied.add('dispatches', dispatches.restored);
    missing.add('dispatches_without_a_data_map', dispatches.withoutMap);
    await restoreAliases(tx, holds);
  },
};
