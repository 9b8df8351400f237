import { systemClock } from '@heed/kernel';
import { createInboxDays, Database, filesOf, migrate, persistenceMigrations, tenantRole, UnitOfWork } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import { eventually, ServiceBed } from '@heed/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let bed: ServiceBed;
let urls: { url: string; adminUrl: string };
let database: Database;
let unitOfWork: UnitOfWork;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock: systemClock });
  urls = await bed.migrated('persistence', persistenceMigrations);
  database = new Database({ url: urls.url, keysDir: bed.keysDir, clock: systemClock, poolSize: 1 });
  unitOfWork = new UnitOfWork(database);
});
afterAll(async () => {
  await database.close();
  await bed.stop();
});

async function asLogin<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

describe('a unit of work', () => {
  it('ASK-06: the login of a service cannot read a tenant, and a transaction in one tenant cannot read another: PostgreSQL refuses', async () => {
    await asLogin(urls.url, (client) => expect(client.query('SELECT * FROM t_ajuni.ledger_entry')).rejects.toMatchObject({ code: '42501' }));
    await expect(unitOfWork.run('ajuni', (tx) => tx.query('SELECT * FROM t_askasia.ledger_entry'))).rejects.toMatchObject({ code: '42501' });
    await expect(unitOfWork.run('askasia', (tx) => tx.query('SELECT * FROM t_ajuni.ledger_entry'))).rejects.toMatchObject({ code: '42501' });
  });

  it("ASK-05: Askasia's own login reaches no other tenant, RESET ROLE or not", async () => {
    const tries = ['RESET ROLE; SELECT * FROM t_ajuni.ledger_entry', `SET ROLE "${tenantRole(database.name, 'ajuni')}"`];
    for (const sql of tries) {
      await expect(unitOfWork.run('askasia', async (tx) => {
        for (const part of sql.split('; ')) await tx.query(part);
      })).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('ASK-04: each tenant has its own schema, and unqualified names mean the own one', async () => {
    for (const tenant of ['ajuni', 'askasia']) {
      await unitOfWork.run(tenant, async (tx) => tx.record({ kind: `made.${tenant}`, data: {} }));
      const kinds = await unitOfWork.run(tenant, (tx) => tx.query<{ kind: string }>('SELECT DISTINCT kind FROM ledger_entry'));
      expect(kinds).toEqual([{ kind: `made.${tenant}` }]);
    }
  });

  it('a pooled connection keeps nothing of a tenant after an error, and the work is undone', async () => {
    await expect(
      unitOfWork.run('ajuni', async (tx) => {
        tx.record({ kind: 'lost', data: {} });
        await tx.query('INSERT INTO idempotency (key, fingerprint, status, answer) VALUES ($1, $1, 200, $2)', ['k', '{}']);
        throw new Error('the handler failed');
      }),
    ).rejects.toThrow('the handler failed');
    const [state] = await database.query<{ role: string; path: string }>(`SELECT current_user AS role, current_setting('search_path') AS path`);
    expect(state).toEqual({ role: database.name, path: '"$user", public' });
    const rows = await unitOfWork.run('ajuni', (tx) => tx.query(`SELECT 1 FROM idempotency WHERE key = 'k'`));
    expect(rows).toEqual([]);
  });

  it('ledger rows can be added and never changed', async () => {
    for (const sql of ['UPDATE ledger_entry SET kind = $$x$$', 'DELETE FROM ledger_entry', 'TRUNCATE ledger_entry']) {
      await expect(unitOfWork.run('ajuni', (tx) => tx.query(sql))).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('a recorded entry is found by the id that recording it answered, with a salt of its own', async () => {
    const ids = await unitOfWork.run('ajuni', async (tx) => [tx.record({ kind: 'salted', data: {} }), tx.record({ kind: 'salted', data: {} })]);
    const rows = await unitOfWork.run('ajuni', (tx) => tx.query<{ id: string; salt: Buffer }>(`SELECT id, salt FROM ledger_entry WHERE kind = 'salted'`));
    expect(rows.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(rows.map(({ salt }) => salt.length)).toEqual([16, 16]);
    expect(rows[0]?.salt.equals(rows[1]?.salt ?? Buffer.alloc(0))).toBe(false);
  });

  it('what is larger than metadata is not recorded, and the work with it is undone', async () => {
    await expect(unitOfWork.run('ajuni', async (tx) => tx.record({ kind: 'vast', data: { text: 'x'.repeat(100_000) } }))).rejects.toThrow('the ledger keeps metadata');
  });

  it('a tenant that is not served is refused before anything runs', async () => {
    await expect(unitOfWork.run('nobody', async () => 1)).rejects.toMatchObject({ code: 'tenant_unknown', kind: 'forbidden' });
  });

  it('a query that was not awaited cannot reach the next transaction on the connection', async () => {
    let late: (() => Promise<unknown>) | undefined;
    await unitOfWork.run('ajuni', async (tx) => {
      late = () => tx.query('SELECT 1');
    });
    await expect(late?.()).rejects.toThrow('the transaction is over');
  });
});

describe('the migration job', () => {
  it('takes over what lies in the default partition where it has not run for long, and drops what is past', async () => {
    const late = await bed.migrated('late', persistenceMigrations);
    const name = new URL(late.adminUrl).pathname.slice(1);
    await asLogin(late.adminUrl, async (client) => {
      const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
      await client.query(`INSERT INTO heed.inbox (day, consumer, event_key) VALUES ($1, 'c', 'old'), ($2, 'c', 'new')`, [day(0), day(40)]);
      await createInboxDays(client, name, new Date(Date.now() + 40 * 86_400_000));
      const { rows } = await client.query('SELECT tableoid::regclass::text AS partition, event_key FROM heed.inbox');
      expect(rows).toEqual([{ partition: `heed.inbox_${day(40).replaceAll('-', '')}`, event_key: 'new' }]);
    });
  });

  it('lets a tenant in only once all its tables are there: a running service asks who is served', async () => {
    const { url, adminUrl } = await bed.migrated('entering', persistenceMigrations);
    const dir = await mkdtemp(path.join(tmpdir(), 'heed-migrations-'));
    await writeFile(path.join(dir, '0001_broken.sql'), 'CREATE TABLE half (id int); SELECT 1 / 0;');
    const newcomer = { id: 'newcomer', isolation: 'role' } as const;
    const run = (sets: readonly MigrationSet[]): Promise<void> =>
      migrate({
        service: 'entering', database: new URL(adminUrl).pathname.slice(1), adminUrl, password: 'test', tenants: [newcomer, ...bed.tenants],
        keysDir: bed.keysDir, sets, progress: () => undefined,
      });
    const entering = new Database({ url, keysDir: bed.keysDir, clock: systemClock, poolSize: 1 });
    try {
      await expect(run([...persistenceMigrations, { name: 'broken', scope: 'tenant', dir }])).rejects.toThrow('0001_broken.sql failed');
      expect((await entering.listTenants()).map((tenant) => tenant.id)).not.toContain('newcomer');
      await run(persistenceMigrations);
      await eventually(() => new UnitOfWork(entering).run('newcomer', async (tx) => tx.record({ kind: 'entered', data: {} })));
    } finally {
      await entering.close();
      await rm(dir, { recursive: true });
    }
  });

  it('runs again without a change, and refuses an edited file', async () => {
    const again = await bed.migrated('again', persistenceMigrations);
    const [set] = persistenceMigrations.filter((s) => s.scope === 'tenant');
    await asLogin(again.adminUrl, async (client) => {
      const before = await client.query('SELECT count(*)::int AS n FROM t_ajuni.migration');
      expect(before.rows).toEqual([{ n: filesOf(persistenceMigrations, 'tenant').length }]);
      await client.query(`UPDATE t_ajuni.migration SET hash = 'other'`);
    });
    const name = new URL(again.adminUrl).pathname.slice(1);
    await expect(
      migrate({
        service: 'again', database: name, adminUrl: again.adminUrl, password: 'test', tenants: bed.tenants, keysDir: bed.keysDir,
        sets: set ? [set] : [], progress: () => undefined,
      }),
    ).rejects.toThrow('was edited after it was applied');
  });
});
