import { Database, lookAtDue, persistenceMigrations, remind, tenantClosed, tenantsWithReminders, UnitOfWork } from '@heed/persistence';
import { ServiceBed, VirtualClock } from '@heed/testing';
import pg from 'pg';
import { beforeEach, describe, expect, it } from 'vitest';

const clock = new VirtualClock();
const tenants = ['ajuni', 'askasia', 'aurea'] as const;
let database: Database;
let unitOfWork: UnitOfWork;
let admin: pg.Client;

beforeEach(async () => {
  const bed = await ServiceBed.make({ clock, tenants: tenants.map((id) => ({ id, isolation: id === 'askasia' ? 'login' : 'role' })) });
  const { url, adminUrl } = await bed.migrated('reminders', persistenceMigrations);
  admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  database = new Database({ url, keysDir: bed.keysDir, clock });
  unitOfWork = new UnitOfWork(database);
  return async () => {
    await database.close();
    await admin.end();
    await bed.stop();
  };
});

const inSeconds = (seconds: number): Date => new Date(clock.now().getTime() + seconds * 1000);
const remindIn = (tenant: string, seconds: number, work = 'mail'): Promise<void> =>
  unitOfWork.run(tenant, (tx) => remind(tx, { work, at: inSeconds(seconds) }));

async function looked(work = 'mail', look: (tenant: string) => boolean = () => false): Promise<{ at: string[]; more: boolean }> {
  const at: string[] = [];
  const more = await lookAtDue(database, work, async (tenant) => {
    at.push(tenant);
    return look(tenant);
  });
  return { at: at.sort(), more };
}

describe('a reminder', () => {
  it('brings its job to its tenant once its time has come, once, and no other job', async () => {
    await remindIn('ajuni', 0);
    await remindIn('ajuni', 0);
    await remindIn('askasia', 10);
    await remindIn('aurea', 0, 'policies');
    expect(await looked()).toEqual({ at: ['ajuni'], more: false });
    expect(await looked()).toEqual({ at: [], more: false });
    clock.advance({ seconds: 10 });
    expect(await looked()).toEqual({ at: ['askasia'], more: false });
    expect(await looked('policies')).toEqual({ at: ['aurea'], more: false });
  });

  it('of a transaction that failed is none', async () => {
    const failing = unitOfWork.run('ajuni', async (tx) => {
      await remind(tx, { work: 'mail', at: clock.now() });
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    expect(await looked()).toEqual({ at: [], more: false });
  });

  it('stays until the look has succeeded, and a tenant in trouble holds up no other', async () => {
    for (const tenant of tenants) await remindIn(tenant, 0);
    const at: string[] = [];
    const failing = lookAtDue(database, 'mail', async (tenant) => {
      at.push(tenant);
      if (tenant === 'ajuni') throw new Error('trouble');
      return tenant === 'aurea'; // more to do
    });
    await expect(failing).rejects.toThrow('trouble');
    expect(at.sort()).toEqual([...tenants]);
    expect(await looked()).toEqual({ at: ['ajuni', 'aurea'], more: false });
  });

  it('of a tenant that is being closed counts until it is; then it holds up nobody', async () => {
    await remindIn('ajuni', 0);
    await remindIn('aurea', 0);
    const become = (state: string): Promise<unknown> => admin.query(`UPDATE heed.tenant SET state = $1 WHERE id = 'ajuni'`, [state]);
    await become('closing');
    expect(await tenantsWithReminders(database, 'mail')).toEqual(expect.arrayContaining(['ajuni', 'aurea']));
    const at: string[] = [];
    await lookAtDue(database, 'mail', async (tenant) => {
      if (tenant === 'ajuni') {
        await become('closed'); // after it was listed
        throw tenantClosed();
      }
      at.push(tenant);
      return false;
    });
    expect(at).toEqual(['aurea']);
    expect(await tenantsWithReminders(database, 'mail')).toEqual([]);
  });

  it('that comes while its tenant is looked at is not forgotten with the others', async () => {
    await remindIn('ajuni', 0);
    await lookAtDue(database, 'mail', async () => {
      await remindIn('ajuni', 0);
      return false;
    });
    expect(await looked()).toEqual({ at: ['ajuni'], more: false });
  });

  it('tells which tenants have work to come', async () => {
    await remindIn('aurea', 3600);
    expect(await tenantsWithReminders(database, 'mail')).toEqual(['aurea']);
    expect(await tenantsWithReminders(database, 'policies')).toEqual([]);
  });
});
