import type { Closed, Gate } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { isNotServed } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import type { FieldVault } from '../vault/field-vault.js';

/** Of each tenant, so many of the keys that were destroyed last are looked for. */
const LATEST = 5;
const PAGE = 1000;
/** While all is well, the keys database is looked at no more often than this, in milliseconds. */
const LOOK_EVERY_MS = 15_000;

/**
 * Closed while an older copy of the keys database stands in its place, where keys that were destroyed since are whole again:
 * nothing is served before they are destroyed once more. Keys go in the order of time, so the latest tell for all.
 */
export class KeysGate implements Gate {
  readonly name = 'keys';
  private applying: Promise<void> | undefined;
  private fineAt = -Infinity;

  constructor(
    private readonly deps: { readonly database: Database; readonly unitOfWork: UnitOfWork; readonly vault: FieldVault; readonly logger: Logger },
  ) {}

  /** @throws HeedError `keys_unavailable` while the keys database cannot be asked: nothing is begun before it was */
  async look(): Promise<Closed | undefined> {
    if (performance.now() - this.fineAt < LOOK_EVERY_MS) return undefined;
    const behind = this.applying ? ['some'] : await this.behind();
    if (behind.length === 0) {
      this.fineAt = performance.now();
      return undefined;
    }
    this.fineAt = -Infinity;
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
    return this.deps.vault.tenantsBehind(latest);
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
