import { failpoint } from '@heed/kernel';
import type { FieldVault } from '../vault/field-vault.js';
import { asKeysUnavailable } from '../keys-unavailable.js';
import { intermediateAad } from '../ring/wrapping.js';
import { alone } from './alone.js';
import { eachOf } from './each-of.js';

/**
 * Makes a new version of each key-encryption key whose time has come, or that somebody asked for. Killed between the
 * provider's answer and the note of it, the next try makes one version more, which does no harm.
 * @param lasts how long a version lasts, by tenant that is served; undefined where its policy has not come
 */
export async function rotateDueKeks({ options: { database, kek, clock } }: FieldVault, lasts: ReadonlyMap<string, string | undefined>): Promise<void> {
  const due = await asKeysUnavailable(() =>
    database.query<{ tenant: string }>(
      `SELECT k.tenant FROM shared.kek k JOIN unnest($1::text[], $2::text[]) AS p(tenant, rotation) USING (tenant)
        WHERE k.asked_at > k.rotated_at OR k.rotated_at + p.rotation::interval <= $3 ORDER BY k.tenant`,
      [[...lasts.keys()], [...lasts.values()].map((rotation) => rotation ?? null), clock.now()],
    ),
  );
  await eachOf(due, async ({ tenant }) => {
    await alone(database, `heed.keys.kek/${tenant}`, async () => {
      const [still] = await database.query(
        `SELECT 1 AS one FROM shared.kek WHERE tenant = $1 AND (asked_at > rotated_at OR rotated_at + $2::interval <= $3)`,
        [tenant, lasts.get(tenant) ?? null, clock.now()],
      );
      if (!still) return; // another service's instance was first
      const version = await asKeysUnavailable(() => kek.rotate(tenant));
      failpoint('keys.kek-rotated');
      await database.query('UPDATE shared.kek SET version = $2, rotated_at = greatest($3, asked_at) WHERE tenant = $1', [tenant, version, clock.now()]);
    });
  });
}

/**
 * Wraps this service's intermediate keys under the newest version. Each by itself: killed, it goes on with those that are left.
 * @param onMoved told of each tenant that had one under an older version
 */
export async function rewrapUnderKek({ options }: FieldVault, onMoved: (tenant: string, version: number) => Promise<void>): Promise<void> {
  const old = await asKeysUnavailable(() =>
    options.database.query<OldKey>(
      `SELECT i.tenant, i.epoch, i.kek_version AS version, i.wrapped FROM intermediate_key i JOIN shared.kek k USING (tenant)
        WHERE i.kek_version < k.version ORDER BY i.tenant, i.epoch`,
    ),
  );
  await eachOf([...Map.groupBy(old, ({ tenant }) => tenant)], async ([tenant, keys]) => {
    let newest = 0;
    for (const key of keys) newest = Math.max(newest, await rewrap(options, key));
    if (newest > 0) await onMoved(tenant, newest);
  });
}

interface OldKey {
  readonly tenant: string;
  readonly epoch: number;
  readonly version: number;
  readonly wrapped: Buffer;
}

/** @returns the version that it is under now; 0 where it stays, because the provider has no newer one whatever was noted */
async function rewrap({ database, kek, service }: FieldVault['options'], { tenant, epoch, version, wrapped }: OldKey): Promise<number> {
  const aad = intermediateAad(service, tenant, epoch);
  const key = await asKeysUnavailable(() => kek.unwrap(tenant, { version, bytes: wrapped }, aad));
  const fresh = await asKeysUnavailable(() => kek.wrap(tenant, key, aad));
  if (fresh.version <= version) return 0;
  await database.query('UPDATE intermediate_key SET kek_version = $3, wrapped = $4 WHERE tenant = $1 AND epoch = $2 AND kek_version < $3', [tenant, epoch, fresh.version, fresh.bytes]);
  failpoint('keys.intermediate-rewrapped');
  return fresh.version;
}
