import type { Closed, Gate } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { isNotServed } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import { missingReason } from '../check/keys-missing.js';
import type { TenantCheck } from '../check/index-checks.js';
import type { FieldVault } from '../vault/field-vault.js';

/** Of each tenant, so many of the keys that were destroyed last are looked for. */
const LATEST = 5;
const PAGE = 1000;
/** All that were destroyed are counted before the gate opens, and no more often than this after, in milliseconds. */
const COUNT_EVERY_MS = 600_000;
/** While all is well, the keys database is looked at no more often than this, in milliseconds. */
const LOOK_EVERY_MS = 15_000;

/**
 * Closed while an older copy of the keys database stands in its place, where keys that were destroyed since are whole again:
 * nothing is served before they are destroyed once more. Keys go in the order of time, so the latest tell for nearly all, and
 * their number for the rest. Closed for good while the keys database is not the one that the service has worked with.
 */
export class KeysGate implements Gate {
  readonly name = 'keys';
  private applying: Promise<void> | undefined;
  private fineAt = -Infinity;
  private countedAt = -Infinity;

  constructor(
    private readonly deps: { readonly database: Database; readonly unitOfWork: UnitOfWork; readonly vault: FieldVault; readonly logger: Logger },
  ) {}

  /** @throws HeedError `keys_unavailable` while the keys database cannot be asked: nothing is begun before it was */
  async look(): Promise<Closed | undefined> {
    if (performance.now() - this.fineAt < LOOK_EVERY_MS) return undefined;
    const missing = await this.missing();
    if (missing.length > 0) {
      [this.fineAt, this.countedAt] = [-Infinity, -Infinity];
      return { code: 'keys_missing', reason: missingReason(missing), retryAfterSeconds: 30 };
    }
    const behind = this.applying ? ['some'] : await this.behind();
    if (behind.length === 0) {
      this.fineAt = performance.now();
      return undefined;
    }
    [this.fineAt, this.countedAt] = [-Infinity, -Infinity];
    this.applying ??= this.apply(behind)
      .catch((error: unknown) => this.deps.logger.warn({ err: error }, 'the list of destroyed keys could not be applied again; trying again'))
      .finally(() => (this.applying = undefined));
    const reason = 'the keys database is older than the list of keys that were destroyed; they are being destroyed again';
    return { code: 'keys_behind', reason };
  }

  private async behind(): Promise<readonly string[]> {
    const latest = await this.deps.database.query<{ tenant: string; keys: string[] }>(
      `SELECT t.id AS tenant, l.keys FROM heed.tenant t, LATERAL (
         SELECT array_agg(key_id) AS keys FROM (
           SELECT key_id FROM heed.key_shred_done d WHERE d.tenant = t.id ORDER BY done_at DESC, key_id DESC LIMIT ${LATEST}) AS d) AS l
        WHERE t.state IN ('active', 'closing') AND l.keys IS NOT NULL`,
    );
    const behind = await this.deps.vault.tenantsBehind(latest);
    return behind.length > 0 ? behind : this.fewer();
  }

  /** The tenants of whose keys fewer are destroyed than were. */
  private async fewer(): Promise<readonly string[]> {
    const now = performance.now();
    if (now - this.countedAt < COUNT_EVERY_MS) return [];
    const done = await this.deps.database.query<{ tenant: string; keys: string }>(
      `SELECT d.tenant, count(DISTINCT d.key_id) AS keys FROM heed.key_shred_done d JOIN heed.tenant t ON t.id = d.tenant
        WHERE t.state IN ('active', 'closing') GROUP BY d.tenant`,
    );
    const counts = await this.deps.vault.destroyedCounts();
    this.countedAt = now;
    return done.flatMap(({ tenant, keys }) => (Number(keys) > (counts.get(tenant) ?? 0) ? [tenant] : []));
  }

  /** What is remembered is read first: all of it was noted in the keys database before. */
  private async missing(): Promise<readonly string[]> {
    const remembered = await this.deps.database.query<TenantCheck>(
      `SELECT c.tenant, c.epoch, c.value FROM heed.key_check c JOIN heed.tenant t ON t.id = c.tenant
        WHERE t.state IN ('active', 'closing') AND c.lost_at IS NULL`,
    );
    return this.deps.vault.tenantsMissing(remembered);
  }

  private async apply(tenants: readonly string[]): Promise<void> {
    for (const tenant of tenants) {
      const keys = await this.applyTo(tenant);
      this.deps.logger.warn({ tenant, count: keys }, 'keys that an older copy of the keys database had brought back are destroyed again');
      try {
        await this.deps.unitOfWork.run(tenant, (tx) => Promise.resolve(tx.record({ kind: 'key.shreds_applied_again', data: { keys } })));
      } catch (error) {
        if (!isNotServed(error)) throw error;
      }
    }
  }

  /** The oldest first, so that whoever is killed on the way still finds the latest missing and begins anew. */
  private async applyTo(tenant: string): Promise<number> {
    let [at, after, applied] = ['-infinity', '00000000-0000-0000-0000-000000000000', 0];
    for (;;) {
      const page = await this.deps.database.query<{ key_id: string; done: string }>(
        `SELECT key_id, done_at::text AS done FROM heed.key_shred_done
          WHERE tenant = $1 AND (done_at, key_id) > ($2::timestamptz, $3::uuid) ORDER BY done_at, key_id LIMIT ${PAGE}`,
        [tenant, at, after],
      );
      const last = page.at(-1);
      if (!last) return applied;
      await this.deps.vault.destroy(tenant, page.map((row) => row.key_id));
      applied += page.length;
      [at, after] = [last.done, last.key_id];
    }
  }
}
