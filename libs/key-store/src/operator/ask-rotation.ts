import { conflict, refused } from '@heed/kernel';
import { asAdmin, quoteIdent } from '@heed/persistence';
import type { KeySite } from '../database/drop-tenant-keys.js';
import { SHARED_KEYS } from '../database/names.js';
import { serviceSchemas } from '../database/service-schemas.js';
import type { RotationLevel } from '../rotation/rotation-log.js';

export interface RotationWish {
  readonly level: RotationLevel;
  /** Default: all. */
  readonly tenant?: string | undefined;
  /** Default: all; the key-encryption key is of all services. */
  readonly service?: string | undefined;
}

/**
 * Asks the services for new keys; each begins within some seconds. What is under way goes on as it is.
 * @returns of how many tenants' keys, counted once for each service
 */
export async function askRotation({ access, database }: Pick<KeySite, 'access' | 'database'>, wish: RotationWish): Promise<number> {
  return asAdmin(access, `rotation of ${wish.level} keys`, database, async (client) => {
    if (wish.level === 'kek') {
      if (wish.service !== undefined) throw refused('kek_is_shared', 'The key-encryption key of a tenant is of all services: leave --service out.');
      const { rowCount } = await client.query(`UPDATE ${SHARED_KEYS}.kek SET asked_at = now() WHERE $1::text IS NULL OR tenant = $1`, [wish.tenant ?? null]);
      return rowCount ?? 0;
    }
    let asked = 0;
    for (const { service, schema } of await serviceSchemas(client)) {
      if (wish.service !== undefined && wish.service !== service) continue;
      const at = quoteIdent(schema);
      const { rowCount } = await client.query(
        `INSERT INTO ${at}.rotation AS r (tenant, level, requested_at, reason)
         SELECT DISTINCT tenant, $1, now(), 'asked' FROM ${at}.intermediate_key WHERE $2::text IS NULL OR tenant = $2
         ON CONFLICT (tenant, level) DO UPDATE SET requested_at = now(), reason = 'asked', step = NULL, done = 0, total = NULL, finished_at = NULL
         WHERE r.finished_at IS NOT NULL`,
        [wish.level, wish.tenant ?? null],
      );
      asked += rowCount ?? 0;
    }
    return asked;
  });
}

/**
 * Destroys the older versions of a tenant's key-encryption key: from then on no older copy of the keys database opens anything
 * that was rotated since.
 * @returns the version that is left; undefined where there is none older
 * @throws HeedError `kek_in_use` while a service has a key under an older one
 */
export async function retireOldKeks({ access, database, kek }: KeySite, tenant: string): Promise<number | undefined> {
  const newest = await kek.current(tenant);
  if (newest === undefined || newest === 1) return undefined;
  const behind = await asAdmin(access, `retirement of keys of ${tenant}`, database, async (client) => {
    const found: string[] = [];
    for (const { service, schema } of await serviceSchemas(client)) {
      const { rowCount } = await client.query(`SELECT 1 FROM ${quoteIdent(schema)}.intermediate_key WHERE tenant = $1 AND kek_version < $2`, [tenant, newest]);
      if (rowCount) found.push(service);
    }
    return found;
  });
  if (behind.length > 0) throw conflict('kek_in_use', `${behind.join(', ')} still have keys of ${tenant} under an older version: see "heed keys status", and try again when the rotation is over.`);
  await kek.retire(tenant, newest - 1);
  return newest;
}
