import { Database, persistenceMigrations, promisedKeys, promiseKeys, UnitOfWork } from '@heed/persistence';
import { ServiceBed, VirtualClock } from '@heed/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const clock = new VirtualClock();
let bed: ServiceBed;
let database: Database;
let unitOfWork: UnitOfWork;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock });
  const { url } = await bed.migrated('promised', persistenceMigrations);
  database = new Database({ url, keysDir: bed.keysDir, clock });
  unitOfWork = new UnitOfWork(database);
});
afterAll(async () => {
  await database.close();
  await bed.stop();
});

it('what each tenant\'s newest policy asks of its keys is known to the service, and of nobody without one', async () => {
  expect(await promisedKeys(database)).toEqual(new Map());
  await unitOfWork.run('ajuni', (tx) => promiseKeys(tx, { kek: 'kms', rotation: 'P1Y' }));
  await unitOfWork.run('ajuni', (tx) => promiseKeys(tx, { kek: 'hsm_fips_140_2_level_3', rotation: 'P90D', promise: 'AJU-47' }));
  expect(await promisedKeys(database)).toEqual(new Map([['ajuni', { kek: 'hsm_fips_140_2_level_3', rotation: 'P90D', promise: 'AJU-47' }]]));
});

it.each([['ajuni', 'askasia'], ['askasia', 'ajuni']])('%s cannot speak for %s', async (tenant, other) => {
  const forged = unitOfWork.run(tenant, (tx) =>
    tx.query(`INSERT INTO heed.promised_keys (id, tenant, kek, rotation) VALUES (gen_random_uuid(), $1, 'file', 'P9Y')`, [other]),
  );
  await expect(forged).rejects.toThrow(/row-level security/);
});
