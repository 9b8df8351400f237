import type { RulesSource, TenantRules } from '@heed/auth';
import type { Database, UnitOfWork } from '@heed/persistence';
import { RevocationRules } from './domain/revocation-rules.js';
import { readAccess } from './revocation.store.js';

/** However well changes are told, what was read is read again after this. */
const TRUSTED_MS = 5 * 60_000;
/** Longer than a transaction takes between its row and its commit. */
const LOOK_BACK = '1 minute';
/** After a pause this long `LOOK_BACK` may not reach back to every change, with time left for a transaction. */
const MISSED_MS = 30_000;
const KEPT = '10 minutes';

interface Known {
  readonly rules: TenantRules;
  readonly readAt: number;
  stale: boolean;
}

/** Every tenant's rules in memory, read when the tenant first calls and when another instance says that they have changed. */
export class AccessRules implements RulesSource {
  private readonly known = new Map<string, Known>();
  private readonly reading = new Map<string, Promise<TenantRules>>();
  private seen = new Set<string>();
  private followedAt = -Infinity;
  /** Grows with every change: what was read before it is not kept. */
  private changes = 0;

  constructor(
    private readonly database: Pick<Database, 'query'>,
    private readonly unitOfWork: Pick<UnitOfWork, 'run'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  of(tenant: string): TenantRules | Promise<TenantRules> {
    const known = this.known.get(tenant);
    if (!known || known.stale) return this.read(tenant, known?.rules);
    if (this.now() - known.readAt > TRUSTED_MS) void Promise.resolve(this.read(tenant, known.rules)).catch(() => undefined);
    return known.rules;
  }

  /** What was read of the tenant holds no more. */
  forget(tenant: string): void {
    this.changes += 1;
    const known = this.known.get(tenant);
    if (known) known.stale = true;
  }

  /**
   * Looks for changes that any instance has written since; called twice a second. Where it could not for a while, whoever is
   * known is read again: a revocation may have come and gone unseen.
   */
  async follow(): Promise<void> {
    const begun = this.now();
    const rows = await this.database.query<{ id: string; tenant: string }>(
      `SELECT id, tenant FROM heed.access_change WHERE at > clock_timestamp() - interval '${LOOK_BACK}'`,
    );
    for (const { id, tenant } of rows) if (!this.seen.has(id)) this.forget(tenant);
    if (begun - this.followedAt > MISSED_MS) for (const tenant of this.known.keys()) this.forget(tenant);
    this.followedAt = begun;
    this.seen = new Set(rows.map(({ id }) => id));
  }

  /** Forgets changes that everybody has seen. */
  async tidy(): Promise<void> {
    await this.database.query(`DELETE FROM heed.access_change WHERE at < clock_timestamp() - interval '${KEPT}'`);
  }

  private read(tenant: string, before: TenantRules | undefined): Promise<TenantRules> {
    let reading = this.reading.get(tenant);
    if (!reading) {
      reading = this.readNow(tenant, before).finally(() => this.reading.delete(tenant));
      this.reading.set(tenant, reading);
    }
    return reading;
  }

  /** @throws where nothing was ever read: nobody is let in who may have been shut out */
  private async readNow(tenant: string, before: TenantRules | undefined): Promise<TenantRules> {
    const { changes } = this;
    try {
      const { lifetimeSeconds, revocations } = await this.unitOfWork.run(tenant, readAccess);
      const rules = new RevocationRules(lifetimeSeconds, revocations);
      this.known.set(tenant, { rules, readAt: this.now(), stale: this.changes !== changes });
      return rules;
    } catch (error) {
      // Away for a moment: the last word holds, and is asked for again by the next call.
      if (before) return before;
      throw error;
    }
  }
}
