import { systemClock } from '@heed/kernel';
import { Database, persistenceMigrations, tenantRole, UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { eventually, ServiceBed } from '@heed/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let bed: ServiceBed;
let admin: pg.Client;
let database: Database;
let unitOfWork: UnitOfWork;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock: systemClock, tenants: ['ajuni', 'aurigen'].map((id) => ({ id, isolation: 'role' as const })) });
  const urls = await bed.migrated('pooled', persistenceMigrations);
  admin = new pg.Client({ connectionString: urls.adminUrl });
  await admin.connect();
  // One connection: whatever one tenant leaves on it, the next one would find.
  database = new Database({ url: urls.url, keysDir: bed.keysDir, clock: systemClock, poolSize: 1 });
  unitOfWork = new UnitOfWork(database);
});
afterAll(async () => {
  await database.close();
  await admin.end();
  await bed.stop();
});

const pidOf = async (tx: Tx): Promise<number> => (await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]?.pid ?? 0;

const ways: readonly (readonly [string, (tx: Tx) => Promise<unknown>])[] = [
  ['a statement that fails', (tx) => tx.query('SELECT 1 / 0')],
  ['an error that the handler swallows', (tx) => tx.query('SELECT 1 / 0').catch(() => 'went on')],
  ['a crash in the handler', () => Promise.reject(new TypeError('undefined is not a function'))],
  [
    'a cancelled query',
    async (tx) => {
      const pid = await pidOf(tx);
      const slow = tx.query('SELECT pg_sleep(30)').catch((error: Error) => error);
      await eventually(async () => {
        const { rows } = await admin.query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%pg_sleep%' AND state = 'active'`, [pid]);
        return rows.length > 0;
      });
      throw await slow;
    },
  ],
  [
    'a broken connection',
    async (tx) => {
      await admin.query('SELECT pg_terminate_backend($1)', [await pidOf(tx)]);
      return tx.query('SELECT 1');
    },
  ],
];

describe('a pooled connection keeps nothing of a tenant', () => {
  it.each(ways)('after %s', async (_, work) => {
    await unitOfWork.run('ajuni', work).catch(() => undefined);
    expect(await left()).toEqual({ role: database.name, path: '"$user", public' });
  });

  it('after a transaction that set more than its own', async () => {
    const role = tenantRole(database.name, 'ajuni');
    await unitOfWork.run('ajuni', async (tx) => {
      await tx.query(`SET ROLE "${role}"`);
      await tx.query('SET search_path = t_ajuni');
    });
    expect(await left()).toEqual({ role: database.name, path: '"$user", public' });
  });

  it('after a handler that left its transaction and failed', async () => {
    const failed = unitOfWork.run('ajuni', async (tx) => {
      await tx.query('COMMIT');
      await tx.query(`SET ROLE "${tenantRole(database.name, 'ajuni')}"`);
      throw new Error('too late');
    });
    await expect(failed).rejects.toThrow('too late');
    expect(await left()).toEqual({ role: database.name, path: '"$user", public' });
  });

  it('not even in a prepared statement: the same text reads the rows of who asks', async () => {
    const kinds = (tenant: string) => unitOfWork.run(tenant, (tx) => tx.query<{ kind: string }>('SELECT kind FROM ledger_entry ORDER BY kind'));
    for (const tenant of ['ajuni', 'aurigen']) await unitOfWork.run(tenant, async (tx) => tx.record({ kind: `made.${tenant}`, data: {} }));
    for (let i = 0; i < 8; i += 1) {
      // Beyond the five executions after which PostgreSQL may keep one plan for all.
      expect(await kinds('ajuni')).toEqual([{ kind: 'made.ajuni' }]);
      expect(await kinds('aurigen')).toEqual([{ kind: 'made.aurigen' }]);
    }
  });
});

async function left(): Promise<{ role: string; path: string } | undefined> {
  const [state] = await database.query<{ role: string; path: string }>(`SELECT current_user AS role, current_setting('search_path') AS path`);
  return state;
}
