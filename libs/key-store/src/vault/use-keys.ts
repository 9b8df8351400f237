import type { DataKey } from '@heed/crypto';
import type { Database } from '@heed/persistence';
import { asKeysUnavailable, keysUnavailable } from '../keys-unavailable.js';
import type { DataKeys } from './data-keys.js';
import type { Reservoir } from './reservoir.js';

interface UseRow {
  readonly key_id: string;
}

/** Keys of a tenant that belong to no row but to a use: one that lasts, or one for each period. */
export class UseKeys {
  private readonly ids = new Map<string, string>();

  constructor(private readonly options: { readonly database: Database; readonly keys: DataKeys; readonly reservoir: Reservoir }) {}

  /** The key, made at the first call of any instance. */
  async of(tenant: string, use: string, period: string): Promise<DataKey> {
    const name = `${tenant}/${use}/${period}`;
    const known = this.ids.get(name);
    if (known) {
      const key = (await this.options.keys.load(tenant, [known])).get(known);
      if (key) return key;
      this.ids.delete(name); // replaced by a rotation, or destroyed with its period
    }
    const id = (await this.find(tenant, use, period)) ?? (await this.make(tenant, use, period));
    const key = (await this.options.keys.load(tenant, [id])).get(id);
    if (!key) throw keysUnavailable(`The key of ${tenant} for ${use} is just being changed; try again.`);
    this.ids.set(name, id);
    if (this.ids.size > 10_000) this.ids.clear();
    return key;
  }

  /** Ids of the keys of a use whose period lies before; periods are compared as text, so that dates work. */
  async before(tenant: string, use: string, period: string): Promise<readonly string[]> {
    const rows = await asKeysUnavailable(() =>
      this.options.database.query<UseRow>('SELECT key_id FROM use_key WHERE tenant = $1 AND use = $2 AND period < $3', [tenant, use, period]),
    );
    return rows.map((row) => row.key_id);
  }

  private async find(tenant: string, use: string, period: string): Promise<string | undefined> {
    const [row] = await asKeysUnavailable(() =>
      this.options.database.query<UseRow>('SELECT key_id FROM use_key WHERE tenant = $1 AND use = $2 AND period = $3', [tenant, use, period]),
    );
    return row?.key_id;
  }

  private async make(tenant: string, use: string, period: string): Promise<string> {
    const [key] = await this.options.reservoir.take(tenant, 1);
    if (!key) throw keysUnavailable(`No key of ${tenant} can be made now; try again.`);
    await asKeysUnavailable(() =>
      this.options.database.query('INSERT INTO use_key (tenant, use, period, key_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [tenant, use, period, key.id]),
    );
    return (await this.find(tenant, use, period)) ?? key.id; // another instance may have been first
  }
}
