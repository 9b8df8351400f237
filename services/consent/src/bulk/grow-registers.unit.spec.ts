import { expect, it } from 'vitest';
import { growRegisters } from './grow-registers.job.js';

it('a register that cannot grow is told at the end, and keeps no tenant behind it from growing', async () => {
  const tenants = ['ajuni', 'aurelia', 'third'].map((id) => ({ id }));
  const steps: Record<string, string[]> = { ajuni: ['announced'], aurelia: ['announced', 'proven', 'grown', 'open'], third: ['put off'] };
  const run = <T>(tenant: string): Promise<T> => {
    const state = steps[tenant]?.shift();
    return state === undefined ? Promise.reject(new Error('canceling statement due to lock timeout')) : Promise.resolve([{ state }] as T);
  };
  await expect(growRegisters({ listTenants: () => Promise.resolve(tenants) }, { run })).rejects.toThrow('ajuni: canceling statement due to lock timeout');
  expect(steps).toEqual({ ajuni: [], aurelia: [], third: [] });
});
