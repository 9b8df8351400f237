import { eachTenant } from '@heed/persistence';
import type { Database, TenantSource, UnitOfWork } from '@heed/persistence';
import type { Job } from '@heed/runtime';

/** Records of one part of a register: its index by person is about 400 MB then. */
export const PART_RECORDS = 5_000_000;
const EVERY_MS = 60_000;

/** Begins a new part of every register whose last one is full; the steps and why they are some: see register_grow. */
export function growRegisters(tenants: TenantSource, unitOfWork: Pick<UnitOfWork, 'run'>, most = PART_RECORDS): Promise<void> {
  return eachTenant(tenants, async (tenant) => {
    while (!DONE.has(await step(unitOfWork, tenant, most)));
  });
}

/** Nothing to do before the job runs again. */
const DONE: ReadonlySet<string | undefined> = new Set(['open', 'put off']);

async function step(unitOfWork: Pick<UnitOfWork, 'run'>, tenant: string, most: number): Promise<string | undefined> {
  const [row] = await unitOfWork.run(tenant, (tx) => tx.query<{ state: string }>('SELECT register_grow($1, $2) AS state', [most, tx.clock.now()]));
  return row?.state;
}

export const registerJob = ({ database, unitOfWork }: { readonly database: Database; readonly unitOfWork: UnitOfWork }): Job => ({
  name: 'register-parts',
  everyMs: EVERY_MS,
  run: () => growRegisters(database, unitOfWork),
});
