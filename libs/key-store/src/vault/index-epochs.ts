import { randomBytes } from 'node:crypto';
import type { Clock } from '@heed/kernel';
import type { Database } from '@heed/persistence';
import type pg from 'pg';
import { checkOf } from '../check/index-checks.js';
import type { KeyChecks } from '../check/key-checks.js';
import { asKeysUnavailable, keysUnavailable } from '../keys-unavailable.js';
import type { KeyRings } from '../ring/key-rings.js';
import type { BlindIndexes } from '../ring/tenant-ring.js';
import { indexAad } from '../ring/wrapping.js';

/**
 * The steps by which a tenant's blind indexes get a new key: it joins and is looked up, becomes what is written, and the old
 * one leaves when every row has moved. Each step may be taken twice. Other instances hear of one at their next `refreshIndexes`,
 * or when their cache is renewed: whoever takes the next step makes sure of that.
 */
export class IndexEpochs {
  constructor(
    private readonly options: { readonly service: string; readonly database: Database; readonly clock: Clock; readonly checks?: KeyChecks | undefined },
    private readonly rings: KeyRings,
  ) {}

  /** A new key joins, unless one has joined or is leaving. Its number is none that a key ever had, in this keys database or the service's memory. */
  async join(tenant: string): Promise<BlindIndexes> {
    const ring = await this.rings.reload(tenant);
    if (ring.indexes.all.length > 1) return ring.indexes;
    const [made] = await this.query<{ newest: number }>('SELECT coalesce(max(epoch), 0) AS newest FROM index_check WHERE tenant = $1', [tenant]);
    const memory = await this.options.checks?.compare(tenant);
    const epoch = Math.max(ring.indexes.current.epoch, made?.newest ?? 0, memory?.newest ?? 0) + 1;
    const key = randomBytes(32);
    const wrapped = ring.wrapOther(key, indexAad(this.options.service, tenant, epoch));
    await this.query(
      `WITH ik AS MATERIALIZED (SELECT epoch FROM intermediate_key WHERE tenant = $1 AND epoch = $2 FOR KEY SHARE),
       joined AS (
         INSERT INTO index_key (tenant, epoch, ik_epoch, wrapped, state, created_at)
         SELECT $1::text, $3::int, ik.epoch, $4::bytea, 'joining', $5::timestamptz FROM ik ON CONFLICT DO NOTHING RETURNING tenant, epoch)
       INSERT INTO index_check (tenant, epoch, value) SELECT tenant, epoch, $6::bytea FROM joined`,
      [tenant, ring.epoch, epoch, wrapped, this.options.clock.now(), checkOf(epoch, key).value],
    );
    const { indexes } = await this.rings.reload(tenant);
    if (indexes.all.length < 2) throw keysUnavailable(`The keys of ${tenant} are just being changed; try again.`);
    return indexes;
  }

  /** What had joined is written from now on; what was written leaves. */
  async promote(tenant: string): Promise<BlindIndexes> {
    // In one transaction: whoever reads finds one current, never none.
    const promoting = async (client: pg.ClientBase): Promise<void> => {
      const { rowCount } = await client.query(`SELECT 1 FROM index_key WHERE tenant = $1 AND state = 'joining' FOR UPDATE`, [tenant]);
      if (!rowCount) return;
      await client.query(`UPDATE index_key SET state = 'leaving' WHERE tenant = $1 AND state = 'current'`, [tenant]);
      await client.query(`UPDATE index_key SET state = 'current' WHERE tenant = $1 AND state = 'joining'`, [tenant]);
    };
    await asKeysUnavailable(() => this.options.database.transaction(promoting));
    return (await this.rings.reload(tenant)).indexes;
  }

  /** What is leaving is gone: what was written with it finds nobody any more. */
  async retire(tenant: string): Promise<BlindIndexes> {
    await this.query(`DELETE FROM index_key WHERE tenant = $1 AND state = 'leaving'`, [tenant]);
    return (await this.rings.reload(tenant)).indexes;
  }

  private query<R extends object>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    return asKeysUnavailable(() => this.options.database.query<R>(text, values));
  }
}
