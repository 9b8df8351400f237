import { inPortions } from '@heed/persistence';
import type { TenantSource, Tx, UnitOfWork } from '@heed/persistence';
import { retentionOf } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import type { Job, Platform } from '@heed/runtime';
import { PolicyStore } from '@heed/tenant-policy';

const EVERY_MS = 3_600_000;
/** Rows of one transaction: counting goes on meanwhile. */
const BATCH = 5000;
/** The operator's default: a year can be compared with the one before. */
const USUALLY = 'P13M';

/**
 * How long counts of visits are kept: what the policy promises of its web analytics (AJU-30). A length that begins with
 * somebody's consent or contract says nothing of them, for nobody is in them.
 */
export function keptCounts(pack: PolicyPack): { readonly keep: string; readonly wholeMonths: boolean } {
  const promised = retentionOf(pack, 'web_analytics');
  const dated = promised && (promised.from === 'collection' || promised.from === 'period_end');
  return { keep: dated ? promised.keep.value : USUALLY, wholeMonths: dated ? promised.from === 'period_end' : false };
}

/** Deletes the counts of days that are over for longer than they are kept. */
export function forgetCounts(tenants: TenantSource, unitOfWork: Pick<UnitOfWork, 'run'>, policies: PolicyStore): Promise<void> {
  return inPortions(tenants, unitOfWork, BATCH, (tx) => forgetSome(tx, policies));
}

async function forgetSome(tx: Tx, policies: PolicyStore): Promise<number> {
  if ((await tx.query('SELECT 1 FROM visit_count LIMIT 1')).length === 0) return 0; // also where no policy has come yet
  const { keep, wholeMonths } = keptCounts((await policies.current(tx)).pack);
  const gone = await tx.query(
    `WITH bound AS (SELECT $1::timestamptz AT TIME ZONE 'UTC' - $2::interval AS at)
     DELETE FROM visit_count WHERE ctid = ANY (ARRAY(
       SELECT c.ctid FROM visit_count c, bound WHERE c.day < (CASE WHEN $3 THEN date_trunc('month', at) ELSE at END)::date
        ORDER BY c.day LIMIT ${BATCH} FOR UPDATE OF c SKIP LOCKED)) RETURNING 1 AS one`,
    [tx.clock.now(), keep, wholeMonths],
  );
  return gone.length;
}

export const countsJob = ({ database, unitOfWork }: Pick<Platform, 'database' | 'unitOfWork'>): Job => ({
  name: 'forget-visit-counts',
  everyMs: EVERY_MS,
  run: () => forgetCounts(database, unitOfWork, new PolicyStore()),
});
