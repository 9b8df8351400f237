import { describe, expect, it } from 'vitest';
import { TENANT_LIST_MAX_AGE_MS, TenantList } from './tenant-list.js';
import type { TenantRow } from './tenant-list.js';

/** A list of tenants whose clock and database are the test's. */
function listOf(...rows: TenantRow[]): { list: TenantList; rows: TenantRow[]; gone: string[]; reads: () => number; after: (ms: number) => void } {
  let [now, reads] = [0, 0];
  const gone: string[] = [];
  const read = async (): Promise<readonly TenantRow[]> => {
    reads += 1;
    return rows;
  };
  return { list: new TenantList(read, (id) => gone.push(id), () => now), rows, gone, reads: () => reads, after: (ms) => void (now += ms) };
}
const acme: TenantRow = { id: 'acme', isolation: 'role', state: 'active' };

describe('the list of tenants', () => {
  it('is read once for many who ask, and costs the next ones nothing', async () => {
    const { list, reads, after } = listOf(acme);
    await Promise.all(Array.from({ length: 10 }, () => list.find('acme')));
    after(900);
    await list.find('acme');
    expect(reads()).toBe(1);
  });

  it('knows a new tenant after a second', async () => {
    const { list, rows, after } = listOf();
    expect(await list.find('acme')).toBeUndefined();
    rows.push(acme);
    after(1001);
    expect(await list.find('acme')).toEqual({ id: 'acme', isolation: 'role' });
  });

  it('serves a closing tenant, and none that is closed any longer than the list is believed', async () => {
    const { list, rows, gone, after } = listOf({ ...acme, state: 'closing' });
    expect(await list.find('acme')).toBeDefined();
    rows[0] = { ...acme, state: 'closed' };
    after(TENANT_LIST_MAX_AGE_MS + 1);
    expect(await list.find('acme')).toBeUndefined();
    expect([list.isGone('acme'), list.isGone('nobody'), gone]).toEqual([true, false, ['acme']]);
  });

  it('ends the pool of a tenant whose isolation has changed: its connections are of the former kind', async () => {
    const { list, rows, gone, after } = listOf(acme);
    await list.all();
    rows[0] = { ...acme, isolation: 'login' };
    after(1001);
    expect(await list.all()).toEqual([{ id: 'acme', isolation: 'login' }]);
    expect(gone).toEqual(['acme']);
  });
});
