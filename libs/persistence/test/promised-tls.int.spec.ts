import { Database, persistenceMigrations, promiseTls, strictestPromised, UnitOfWork } from '@heed/persistence';
import { ServiceBed, VirtualClock } from '@heed/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const clock = new VirtualClock();
let bed: ServiceBed;
let database: Database;
let unitOfWork: UnitOfWork;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock });
  const { url } = await bed.migrated('tls', persistenceMigrations);
  database = new Database({ url, keysDir: bed.keysDir, clock });
  unitOfWork = new UnitOfWork(database);
});
afterAll(async () => {
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

it.each([['ajuni', 'askasia'], ['askasia', 'ajuni']])('%s cannot speak for %s', async (tenant, other) => {
  const forged = unitOfWork.run(tenant, (tx) =>
    tx.query(`INSERT INTO heed.promised_tls (id, tenant, tls_min) VALUES (gen_random_uuid(), $1, '1.2')`, [other]),
  );
  await expect(forged).rejects.toThrow(/row-level security/);
});
