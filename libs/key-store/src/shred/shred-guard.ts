import type { Logger } from '@heed/observability';
import { isNotServed } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import type { FieldVault } from '../vault/field-vault.js';

/** Of each tenant, so many of the keys that were destroyed last are looked for. */
const LATEST = 5;
const PAGE = 1000;

interface Latest {
  readonly tenant: string;
  readonly keys: string[];
}

/**
 * Notices that an older copy of the keys database stands in its place, where keys that were destroyed since are whole again,
 * and destroys them again before anything is served. Keys are destroyed in the order of time, so the latest tell for all.
 */
export class ShredGuard {
  constructor(
    private readonly deps: { readonly database: Database; readonly unitOfWork: UnitOfWork; readonly vault: FieldVault; readonly logger: Logger },
  ) {}

  /**
   * Looks, and applies the list again where it must; returns what was still whole.
   * @throws HeedError `keys_unavailable` while the keys database cannot be asked: nothing may be served before it was
   */
  async apply(): Promise<number> {
    const { database, vault } = this.deps;
    const latest = await database.query<Latest>(
      `SELECT t.id AS tenant, l.keys FROM heed.tenant t, LATERAL (
         SELECT array_agg(key_id) AS keys FROM (
           SELECT key_id FROM heed.key_shred_done d WHERE d.tenant = t.id ORDER BY done_at DESC, key_id DESC LIMIT ${LATEST}) AS d) AS l
        WHERE t.state IN ('active', 'closing') AND l.keys IS NOT NULL`,
    );
    const behind = await vault.tenantsBehind(latest);
    let applied = 0;
    for (const tenant of behind) applied += await this.applyTo(tenant);
    return applied;
  }

  private async applyTo(tenant: string): Promise<number> {
    const { database, unitOfWork, vault, logger } = this.deps;
    logger.warn({ tenant }, 'the keys database is older than the list of destroyed keys: keys_behind; the list is applied again');
    let [at, after, applied] = ['-infinity', '00000000-0000-0000-0000-000000000000', 0];
    for (;;) {
      const page = await database.query<{ key_id: string; done: string }>(
        `SELECT key_id, done_at::text AS done FROM heed.key_shred_done
          WHERE tenant = $1 AND (done_at, key_id) > ($2::timestamptz, $3::uuid) ORDER BY done_at, key_id LIMIT ${PAGE}`,
        [tenant, at, after],
      );
      const last = page.at(-1);
      if (!last) break;
      await vault.destroy(tenant, page.map((row) => row.key_id));
      applied += page.length;
      [at, after] = [last.done, last.key_id];
    }
    try {
      await unitOfWork.run(tenant, (tx) => Promise.resolve(tx.record({ kind: 'key.shreds_applied_again', data: { keys: applied } })));
    } catch (error) {
      if (!isNotServed(error)) throw error;
    }
    logger.info({ tenant, count: applied }, 'the list of destroyed keys is applied again');
    return applied;
  }
}
