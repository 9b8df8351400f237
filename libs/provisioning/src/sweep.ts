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

/** Drops every tenant whose time has come, and goes on with those whose drop was interrupted. Meant to run every hour or so. */
export async function sweepTenants(installation: Installation, now: Date, onStep: (tenant: string, step: StepDone) => void): Promise<Sweep> {
  const tenants = await listTenants(installation);
  const due = tenants.filter((tenant) => isDue(tenant, now));
  for (const { id } of due) await dropTenant(installation, id, now, (step) => onStep(id, step));
  const waiting = tenants.flatMap(({ id, state, dropAfter }) => (state === 'closing' && dropAfter && dropAfter > now ? [{ id, dropAfter: dropAfter.toISOString() }] : []));
  return { dropped: due.map(({ id }) => id), waiting };
}
