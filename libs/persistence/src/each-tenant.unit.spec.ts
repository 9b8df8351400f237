import { expect, it } from 'vitest';
import { eachTenant } from './each-tenant.js';
import { tenantClosed } from './unit-of-work.js';

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
