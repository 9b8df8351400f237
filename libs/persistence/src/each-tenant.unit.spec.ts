import { expect, it } from 'vitest';
import { eachTenant, inPortions } from './each-tenant.js';
import { tenantClosed } from './unit-of-work.js';
import type { Tx } from './unit-of-work.js';

const source = { listTenants: () => Promise.resolve(['ajuni', 'aurelia', 'auronx', 'askasia', 'aurigen', 'aurbit'].map((id) => ({ id }))) };

it("every tenant has a turn, whatever becomes of the others', and the trouble is told at the end", async () => {
  const turns: string[] = [];
  const first = new Error('out of disk');
  const failing = new Map<string, unknown>([['ajuni', first], ['aurelia', tenantClosed()], ['auronx', 'no error'], ['aurigen', new Error('locked')], ['aurbit', new Error('fourth')]]);
  const work = eachTenant(source, (tenant) => {
    turns.push(tenant);
    return failing.has(tenant) ? Promise.reject(failing.get(tenant)) : Promise.resolve();
  });
  const thrown: unknown = await work.catch((error: unknown) => error);
  expect(turns).toEqual(['ajuni', 'aurelia', 'auronx', 'askasia', 'aurigen', 'aurbit']);
  expect(thrown).toBeInstanceOf(AggregateError);
  expect(thrown).toMatchObject({ message: 'trouble with 4 of the tenants: ajuni: out of disk; auronx: unknown; aurigen: locked', cause: first });
  expect((thrown as AggregateError).errors).toHaveLength(4);
});

it('nothing is thrown where nobody had trouble, or who had is served no more', async () => {
  await eachTenant(source, (tenant) => (tenant === 'auronx' ? Promise.reject(tenantClosed()) : Promise.resolve()));
});

it('work in portions goes on in a transaction each while portions are whole, for every tenant', async () => {
  const left = new Map([['ajuni', 12], ['aurigen', 5], ['askasia', 0]]);
  const transactions: string[] = [];
  const unitOfWork = {
    run: <T>(tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> => {
      transactions.push(tenant);
      return work({ tenant } as Tx);
    },
  };
  const three = { listTenants: () => Promise.resolve([...left.keys()].map((id) => ({ id }))) };
  await inPortions(three, unitOfWork, 5, ({ tenant }) => {
    const done = Math.min(5, left.get(tenant) ?? 0);
    left.set(tenant, (left.get(tenant) ?? 0) - done);
    return Promise.resolve(done);
  });
  expect([...left.values()]).toEqual([0, 0, 0]);
  expect(transactions).toEqual(['ajuni', 'ajuni', 'ajuni', 'aurigen', 'aurigen', 'askasia']);
});
