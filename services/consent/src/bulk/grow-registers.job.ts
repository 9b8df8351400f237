import { isTenantClosed } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import type { Job } from '@heed/runtime';

/** Records of one part of a register: its index by person is about 400 MB then. */
export const PART_RECORDS = 5_000_000;
const EVERY_MS = 60_000;

interface TenantIds {
  listTenants(): Promise<readonly { readonly id: string }[]>;
}

/**
 * Begins a new part of every register whose last one is full; the steps and why they are some: see register_grow.
 * @throws AggregateError of the tenants whose register could not grow, after the others have
 */
export async function growRegisters(database: TenantIds, unitOfWork: Pick<UnitOfWork, 'run'>, most = PART_RECORDS): Promise<void> {
  const errors: unknown[] = [];
  for (const { id } of await database.listTenants()) {
    try {
      while (!DONE.has(await step(unitOfWork, id, most)));
    } catch (error) {
      if (!isTenantClosed(error)) errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} registers could not begin a new part: ${errors.map((error) => (error instanceof Error ? error.message : 'unknown')).slice(0, 3).join('; ')}`);
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
