import { Database, persistenceMigrations, promiseTls, strictestPromised, UnitOfWork } from '@heed/persistence';
import { ServiceBed, VirtualClock } from '@heed/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

const clock = new VirtualClock();
let bed: ServiceBed;
let database: Database;
let unitOfWork: UnitOfWork;
let admin: pg.Client;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock });
  const { url, adminUrl } = await bed.migrated('tls', persistenceMigrations);
  admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  database = new Database({ url, keysDir: bed.keysDir, clock });
  unitOfWork = new UnitOfWork(database);
});
afterAll(async () => {
  await admin.end();
  await database.close();
  await bed.stop();
});

it('the strictest TLS version of the tenants counts; each speaks for itself, and its newest word counts', async () => {
  expect(await strictestPromised(database)).toBeUndefined();
  await unitOfWork.run('askasia', (tx) => promiseTls(tx, '1.2'));
  expect(await strictestPromised(database)).toBe('1.2');
  await unitOfWork.run('ajuni', (tx) => promiseTls(tx, '1.3'));
  expect(await strictestPromised(database)).toBe('1.3');
  await unitOfWork.run('ajuni', (tx) => promiseTls(tx, '1.2'));
  expect(await strictestPromised(database)).toBe('1.2');
});

it('counts for as long as the tenant is served, which one that is being closed still is', async () => {
  await unitOfWork.run('ajuni', (tx) => promiseTls(tx, '1.3'));
  const inState = async (state: string): Promise<string | undefined> => {
    await admin.query(`UPDATE heed.tenant SET state = $1 WHERE id = 'ajuni'`, [state]);
    return strictestPromised(database);
  };
  expect([await inState('closing'), await inState('closed'), await inState('active')]).toEqual(['1.3', '1.2', '1.3']);
});

it.each([['ajuni', 'askasia'], ['askasia', 'ajuni']])('%s cannot speak for %s', async (tenant, other) => {
  const forged = unitOfWork.run(tenant, (tx) =>
    tx.query(`INSERT INTO heed.promised_tls (id, tenant, tls_min) VALUES (gen_random_uuid(), $1, '1.2')`, [other]),
  );
  await expect(forged).rejects.toThrow(/row-level security/);
});
