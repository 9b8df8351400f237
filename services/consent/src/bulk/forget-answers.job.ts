import { inPortions } from '@heed/persistence';
import type { Database, TenantSource, UnitOfWork } from '@heed/persistence';
import type { Job } from '@heed/runtime';

/** Rows of one transaction: nobody's call waits longer for it. */
const BATCH = 5000;
const EVERY_MS = 3_600_000;

/** Forgets answers to keys that are older than keys are kept (7 days): an upload of a million lines leaves as many. */
export function forgetAnswers(tenants: TenantSource, unitOfWork: Pick<UnitOfWork, 'run'>): Promise<void> {
  return inPortions(tenants, unitOfWork, BATCH, async (tx) => (await tx.query(FORGET)).length);
}

const FORGET = `DELETE FROM idempotency WHERE key IN (
  SELECT key FROM idempotency WHERE created_at < now() - interval '7 days' ORDER BY created_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED) RETURNING 1 AS one`;

export const answersJob = ({ database, unitOfWork }: { readonly database: Database; readonly unitOfWork: UnitOfWork }): Job => ({
  name: 'forget-answers',
  everyMs: EVERY_MS,
  run: () => forgetAnswers(database, unitOfWork),
});
