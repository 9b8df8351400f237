import { dropTenant, isDue } from './drop-tenant.js';
import { listTenants } from './installation.js';
import type { Installation } from './installation.js';
import type { StepDone } from './run-steps.js';

/** What a sweep did. */
export interface Sweep {
  readonly dropped: readonly string[];
  /** Closing, with the date on which they are dropped. */
  readonly waiting: readonly { readonly id: string; readonly dropAfter: string }[];
}

/**
 * Drops every tenant whose time has come, and goes on with those whose drop was interrupted. Meant to run every hour or so.
 * @throws when all have had their turn: one tenant that cannot be dropped now must not keep the data of others
 */
export async function sweepTenants(installation: Installation, now: Date, onStep: (tenant: string, step: StepDone) => void): Promise<Sweep> {
  const tenants = await listTenants(installation);
  const due = tenants.filter((tenant) => isDue(tenant, now));
  const failures: unknown[] = [];
  for (const { id } of due) await dropTenant(installation, id, now, (step) => onStep(id, step)).catch((error: unknown) => failures.push(error));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map((error) => (error instanceof Error ? error.message : 'unknown')).join(' | '));
  const waiting = tenants.flatMap(({ id, state, dropAfter }) => (state === 'closing' && dropAfter && dropAfter > now ? [{ id, dropAfter: dropAfter.toISOString() }] : []));
  return { dropped: due.map(({ id }) => id), waiting };
}
