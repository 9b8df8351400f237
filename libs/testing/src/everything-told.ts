import { expect } from 'vitest';
import { eventually } from './eventually.js';
import type { StartedService } from './service-bed.js';

/** Waits until Kafka has all that a service has recorded and published: what a recovery can know. */
export async function everythingTold(service: StartedService, tenants: readonly string[]): Promise<void> {
  const open = tenants.flatMap((tenant) => [
    `SELECT 1 AS open FROM t_${tenant}.ledger_head WHERE size <> signed_size`,
    `SELECT 1 FROM t_${tenant}.ledger_entry e WHERE NOT EXISTS (SELECT 1 FROM t_${tenant}.ledger_leaf l WHERE l.entry_id = e.id)`,
  ]);
  await eventually(async () => expect(await service.sql(['SELECT 1 FROM heed.outbox', ...open].join(' UNION ALL '))).toEqual([]), { timeoutMs: 40_000 });
}

/** Records that are there and have no place in their ledger. */
export const unplaced = (service: StartedService, tenant: string): Promise<readonly object[]> =>
  service.sql(`SELECT e.id FROM t_${tenant}.ledger_entry e WHERE NOT EXISTS (SELECT 1 FROM t_${tenant}.ledger_leaf l WHERE l.entry_id = e.id)`);
