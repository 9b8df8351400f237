import { readCloudEvent, systemClock } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { ledgerCheckpoint, ledgerSequenced } from '@heed/contracts-ledger';
import { recordHash, RunningRoot } from '@heed/ledger';
import type { LedgerRecord } from '@heed/ledger';
import { eventsIn, persistenceMigrations } from '@heed/persistence';
import type { OutboxRow } from '@heed/persistence';
import { eventually, ServiceBed } from '@heed/testing';
import pg from 'pg';
import type { Place } from './keeper.js';

/** A database with the ledgers of two tenants, and an eye on it that is nobody's role. */
export class LedgerBed {
  private constructor(
    readonly bed: ServiceBed,
    readonly url: string,
    readonly admin: pg.Client,
  ) {}

  static async make(clock: Clock = systemClock): Promise<LedgerBed> {
    const bed = await ServiceBed.make({ clock });
    const { url, adminUrl } = await bed.migrated('ledger', persistenceMigrations);
    const admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
    return new LedgerBed(bed, url, admin);
  }

  get place(): Place {
    return { url: this.url, keysDir: this.bed.keysDir, clock: this.bed.clock };
  }

  async stop(): Promise<void> {
    await this.admin.end();
    await this.bed.stop();
  }

  async rows<R extends object>(text: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    return (await this.admin.query<R>(text, [...values])).rows;
  }

  /** Until every committed record has its place under a checkpoint. */
  async settled(tenant = 'ajuni', timeoutMs = 20_000): Promise<void> {
    const open = `SELECT 1 FROM t_${tenant}.ledger_entry e WHERE NOT EXISTS (SELECT 1 FROM t_${tenant}.ledger_leaf l WHERE l.entry_id = e.id) LIMIT 1`;
    const unsigned = `SELECT 1 FROM t_${tenant}.ledger_head WHERE size <> signed_size`;
    await eventually(async () => (await this.rows(open)).length === 0 && (await this.rows(unsigned)).length === 0, { timeoutMs });
  }

  /** The ids of all committed records. */
  async committed(tenant = 'ajuni'): Promise<readonly string[]> {
    return (await this.rows<{ id: string }>(`SELECT id FROM t_${tenant}.ledger_entry ORDER BY id`)).map(({ id }) => id);
  }

  /** The records in the order of their places, as the events told them: computed from the outbox alone. */
  async told(tenant = 'ajuni'): Promise<readonly LedgerRecord[]> {
    const events = await this.events(tenant, ledgerSequenced.type);
    const records: LedgerRecord[] = [];
    for (const event of events) {
      const { from, records: some } = ledgerSequenced.data.parse(event);
      if (from !== records.length) throw new Error(`an event begins at ${from} where ${records.length} records were told`);
      records.push(...(some as LedgerRecord[]));
    }
    return records;
  }

  async toldCheckpoints(tenant = 'ajuni'): Promise<readonly { size: number; root: string; note: string }[]> {
    return (await this.events(tenant, ledgerCheckpoint.type)).map((event) => ledgerCheckpoint.data.parse(event));
  }

  private async events(tenant: string, type: string): Promise<readonly unknown[]> {
    const rows = await this.rows<OutboxRow>(`SELECT * FROM heed.outbox WHERE headers->>'ce_tenantid' = $1 ORDER BY seq`, [tenant]);
    const wanted = rows.flatMap(eventsIn).filter(({ headers }) => headers['ce_type'] === type);
    return wanted.map(({ key, value, headers }) => {
      const event = readCloudEvent({ key: Buffer.from(key), value: Buffer.from(value ?? ''), headers }, undefined);
      if (!event.ok) throw new Error(event.reason);
      return event.event.data;
    });
  }

  async head(tenant = 'ajuni'): Promise<{ size: number; root: Buffer }> {
    const [row] = await this.rows<{ size: string; root: Buffer }>(`SELECT size, root FROM t_${tenant}.ledger_head`);
    return { size: Number(row?.size), root: row?.root ?? Buffer.alloc(0) };
  }
}

/** By the definition of the tree, without tiles. */
export function rootOf(records: readonly LedgerRecord[]): Buffer {
  const running = new RunningRoot();
  for (const record of records) running.append(recordHash(record));
  return running.root();
}
