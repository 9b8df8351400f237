import type { Tenant } from './tenants.js';
import { isNotServed } from './unit-of-work.js';
import type { Tx, UnitOfWork } from './unit-of-work.js';

/** As many are named in the message of what is thrown. */
const NAMED = 3;

export interface TenantSource {
  listTenants(): Promise<readonly Pick<Tenant, 'id'>[]>;
}

/**
 * Gives every tenant a turn, one after the other. One's trouble holds up nobody behind it, and is thrown when all have had
 * theirs; who is closed meanwhile is passed over.
 * @throws AggregateError that names tenants with what was wrong; its cause is the first of its errors
 * @example await eachTenant(database, async (tenant) => { while ((await forgetSome(tenant)) === BATCH); })
 */
export async function eachTenant(source: TenantSource, turn: (tenant: string) => Promise<void>): Promise<void> {
  const failures: { readonly tenant: string; readonly error: unknown }[] = [];
  for (const { id: tenant } of await source.listTenants()) {
    try {
      await turn(tenant);
    } catch (error) {
      if (!isNotServed(error)) failures.push({ tenant, error });
    }
  }
  if (failures.length === 0) return;
  const named = failures.slice(0, NAMED).map(({ tenant, error }) => `${tenant}: ${error instanceof Error ? error.message : 'unknown'}`);
  const errors = failures.map(({ error }) => error);
  throw new AggregateError(errors, `trouble with ${errors.length} of the tenants: ${named.join('; ')}`, { cause: errors[0] });
}

/**
 * Does a step for each tenant over and over, each time in a transaction of its own, until it has done less than a whole portion:
 * what grew for long goes without holding anybody up.
 * @param step does `portion` rows at most, and answers how many
 * @example await inPortions(database, unitOfWork, 5000, async (tx) => (await tx.query('DELETE … LIMIT 5000 … RETURNING 1')).length)
 */
export function inPortions(source: TenantSource, unitOfWork: Pick<UnitOfWork, 'run'>, portion: number, step: (tx: Tx) => Promise<number>): Promise<void> {
  return eachTenant(source, async (tenant) => {
    while ((await unitOfWork.run(tenant, step)) === portion);
  });
}
