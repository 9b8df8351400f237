import { expect, it } from 'vitest';
import { forgetAnswers } from './forget-answers.job.js';

it("one tenant's trouble keeps no answer of a tenant behind it", async () => {
  const asked: string[] = [];
  const run = <T>(tenant: string): Promise<T> => {
    asked.push(tenant);
    return tenant === 'ajuni' ? Promise.reject(new Error('lock timeout')) : Promise.resolve([] as T);
  };
  const tenants = { listTenants: () => Promise.resolve([{ id: 'ajuni' }, { id: 'aurelia' }]) };
  await expect(forgetAnswers(tenants, { run })).rejects.toThrow('ajuni: lock timeout');
  expect(asked).toEqual(['ajuni', 'aurelia']);
});
