import { fanoutMigrations } from '@heed/fanout';
import { migrate, persistenceMigrations } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import { ServiceBed, testServers, VirtualClock } from '@heed/testing';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';

/** The first file of each set alone, as they were when the tables were made. */
async function firstOnly(sets: readonly MigrationSet[], folder: string): Promise<readonly MigrationSet[]> {
  return Promise.all(
    sets.map(async (set) => {
      const dir = await mkdtemp(path.join(folder, set.scope));
      for (const file of (await readdir(set.dir)).filter((name) => name.startsWith('0001'))) await copyFile(path.join(set.dir, file), path.join(dir, file));
      return { ...set, dir };
    }),
  );
}

it('what was due before there were reminders is reminded of after the upgrade', async () => {
  const bed = await ServiceBed.make({ clock: new VirtualClock(), tenants: [{ id: 'ajuni', isolation: 'role' }] });
  const folder = await mkdtemp(path.join(tmpdir(), 'heed-upgrade-'));
  const database = `test_upgrade_${path.basename(folder).slice(-6).toLowerCase()}`;
  const [{ tenants, keysDir }, sets] = [bed, [...persistenceMigrations, ...fanoutMigrations]];
  const to = (some: readonly MigrationSet[]): Promise<void> =>
    migrate({ service: 'upgrade', database, adminUrl: testServers().postgresUrl, password: 'test', tenants, keysDir, sets: some, progress: () => undefined });
  await to(await firstOnly(sets, folder));
  const url = new URL(testServers().postgresUrl);
  url.pathname = `/${database}`;
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`INSERT INTO heed.due_work (id, tenant, due_at) VALUES (gen_random_uuid(), 'ajuni', '2026-11-21T10:00:00Z')`);
  await admin.query(
    `INSERT INTO t_ajuni.dispatch (id, kind, ref, version, cause, body, state, map_version, correlation_id, created_at, due_at, clearance)
     SELECT 'con_' || s, 'withdrawal', 'r', 1, '{}', '{}', s, 1, 'c', now(), '2026-11-24T10:00:00Z', 'not_needed' FROM unnest(ARRAY['in_progress', 'held', 'done']) AS s`,
  );
  await to(sets);
  const { rows } = await admin.query('SELECT work, tenant, due_at FROM heed.reminder ORDER BY due_at');
  await admin.end();
  await rm(folder, { recursive: true });
  await bed.stop();
  expect(rows).toEqual([
    { work: 'dispatches', tenant: 'ajuni', due_at: new Date('2026-11-21T10:00:00Z') },
    { work: 'dispatch-deadlines', tenant: 'ajuni', due_at: new Date('2026-11-24T10:00:00Z') },
  ]);
});
