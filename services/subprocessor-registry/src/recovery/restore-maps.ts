import { mapProposed } from '@heed/contracts-subprocessor-registry';
import type { Tx } from '@heed/persistence';
import type { Lost } from '@heed/recovery';
import { z } from 'zod';
import { keepAgentKeys } from '../data-map/agent-key.store.js';
import { markActive, proposeVersion, readHead, saveStores } from '../data-map/data-map.store.js';

const proposed = z.object({ mapVersion: z.int(), changed: z.array(z.string()), by: z.string() });
const activated = z.object({ mapVersion: z.int() });

/** Data maps as they were proposed, and which one is active; an agent that finds its store missing registers it again. */
export async function restoreMaps(tx: Tx, { records, published }: Lost): Promise<{ restored: number; unknown: number }> {
  const told = new Map(
    published.flatMap(({ type, data }) => {
      const map = type === mapProposed.type ? mapProposed.data.safeParse(data).data : undefined;
      return map ? [[map.mapVersion, map.stores] as const] : [];
    }),
  );
  const count = { restored: 0, unknown: 0 };
  for (const { kind, data } of records) {
    const head = await readHead(tx, 'lock');
    const version = kind === 'data_map.proposed' ? proposed.safeParse(data).data : undefined;
    if (version && version.mapVersion > head.mapVersion) {
      const stores = told.get(version.mapVersion);
      if (!stores) {
        count.unknown += 1;
        continue;
      }
      const changed = stores.filter(({ id }) => version.changed.includes(id));
      await saveStores(tx, changed, version.mapVersion, version.by);
      await keepAgentKeys(tx, changed);
      await proposeVersion(tx, version.mapVersion, stores.map(({ id }) => id), version.by);
      count.restored += 1;
    }
    const active = kind === 'data_map.activated' ? activated.safeParse(data).data : undefined;
    if (active && active.mapVersion > head.activeVersion && active.mapVersion <= head.mapVersion) await markActive(tx, active.mapVersion);
  }
  return count;
}
