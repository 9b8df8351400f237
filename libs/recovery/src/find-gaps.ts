import { conflict } from '@heed/kernel';
import { rootAt } from '@heed/ledger';
import { CheckpointReader, originOf, readHead, tilesOfTenant } from '@heed/ledger-keeper';
import { isNotServed } from '@heed/persistence';
import { LedgerGap } from './ledger-gap.js';
import type { RecoveryOptions } from './recover.js';

/** @throws HeedError `ledger_forked` where a ledger is long enough, and holds something else */
export async function findGaps({ service, kafka, topicPrefix, database, unitOfWork, key, tenants }: RecoveryOptions): Promise<readonly LedgerGap[]> {
  const told = await new CheckpointReader({ kafka, service, topicPrefix }).read(AbortSignal.timeout(120_000));
  const gaps: LedgerGap[] = [];
  for (const { id } of await database.listTenants()) {
    const note = told.get(id);
    if (note === undefined || (tenants && !tenants.includes(id))) continue;
    const signed = { ...key.open(id, note), note };
    const look = unitOfWork.run(id, async (tx) => {
      const { size } = await readHead(tx);
      if (size < signed.size) return size;
      if ((await rootAt(signed.size, tilesOfTenant(tx))).equals(signed.root)) return undefined;
      throw conflict('ledger_forked', `${originOf(service, id)} holds something else among its first ${signed.size} records than was signed: it cannot be continued. Put back the newest copy of the database that was never served from.`);
    });
    const from = await look.catch((error: unknown) => {
      if (isNotServed(error)) return undefined;
      throw error;
    });
    if (from !== undefined) gaps.push(new LedgerGap(id, from, signed));
  }
  return gaps;
}

/**
 * When the copy was certainly not made yet, in milliseconds: the newest record that any tenant has in it. A service may have
 * recorded nothing for days before it was lost, and consumed what others told all the same.
 */
export async function newestRecordAt({ database, unitOfWork }: RecoveryOptions): Promise<number> {
  const newest = [0];
  for (const { id } of await database.listTenants()) {
    const look = unitOfWork.run(id, (tx) => tx.query<{ at: Date }>('SELECT recorded_at AS at FROM ledger_entry ORDER BY id DESC LIMIT 1'));
    const rows = await look.catch((error: unknown) => {
      if (isNotServed(error)) return [];
      throw error;
    });
    newest.push(rows[0]?.at.getTime() ?? 0); // ids grow with time, and have an index
  }
  return Math.max(...newest);
}
