import { asAdmin, quoteIdent } from '@heed/persistence';
import { SHARED_KEYS } from '../database/names.js';
import { serviceSchemas } from '../database/service-schemas.js';
import type { KeySite } from '../database/drop-tenant-keys.js';
import type { RotationLevel } from '../rotation/rotation-log.js';

export interface RotationState {
  readonly level: RotationLevel;
  readonly reason: 'asked' | 'due';
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
  readonly done: number;
  /** Where it is known. */
  readonly total: number | null;
}

/** A tenant's keys in one service. */
export interface KeyState {
  readonly service: string;
  readonly tenant: string;
  /** Of the tenant's key-encryption key: the newest version, and when it was made. */
  readonly kek: { readonly version: number; readonly rotatedAt: Date; readonly asked: boolean };
  /** Oldest first; more than one while a new one takes over. */
  readonly epochs: readonly { readonly epoch: number; readonly kekVersion: number; readonly createdAt: Date }[];
  /** Keys of blind indexes, oldest first. */
  readonly indexes: readonly { readonly epoch: number; readonly state: string }[];
  /** Keys of people that were destroyed, ever. */
  readonly destroyed: number;
  readonly rotations: readonly RotationState[];
}

/** Every tenant's keys in every service: no key, and no count that would take long. */
export async function keyStatus({ access, database }: Pick<KeySite, 'access' | 'database'>): Promise<readonly KeyState[]> {
  return asAdmin(access, 'status of keys', database, async (client) => {
    const states: KeyState[] = [];
    for (const { service, schema } of await serviceSchemas(client)) {
      const at = quoteIdent(schema);
      const { rows } = await client.query<Omit<KeyState, 'service'>>(
        `SELECT k.tenant,
           json_build_object('version', k.version, 'rotatedAt', k.rotated_at, 'asked', coalesce(k.asked_at > k.rotated_at, false)) AS kek,
           (SELECT json_agg(json_build_object('epoch', epoch, 'kekVersion', kek_version, 'createdAt', created_at) ORDER BY epoch) FROM ${at}.intermediate_key i WHERE i.tenant = k.tenant) AS epochs,
           coalesce((SELECT json_agg(json_build_object('epoch', epoch, 'state', state) ORDER BY epoch) FROM ${at}.index_key x WHERE x.tenant = k.tenant), '[]') AS indexes,
           coalesce((SELECT keys FROM ${at}.destroyed_count d WHERE d.tenant = k.tenant), 0)::int AS destroyed,
           coalesce((SELECT json_agg(json_build_object('level', level, 'reason', reason, 'requestedAt', requested_at, 'finishedAt', finished_at, 'done', done, 'total', total) ORDER BY level)
             FROM ${at}.rotation r WHERE r.tenant = k.tenant), '[]') AS rotations
         FROM ${SHARED_KEYS}.kek k WHERE EXISTS (SELECT 1 FROM ${at}.intermediate_key i WHERE i.tenant = k.tenant) ORDER BY k.tenant`,
      );
      states.push(...rows.map((row) => ({ ...dated(row), service })));
    }
    return states;
  });
}

/** JSON knows no dates. */
function dated(row: Omit<KeyState, 'service'>): Omit<KeyState, 'service'> {
  return {
    ...row,
    kek: { ...row.kek, rotatedAt: new Date(row.kek.rotatedAt) },
    epochs: row.epochs.map((epoch) => ({ ...epoch, createdAt: new Date(epoch.createdAt) })),
    rotations: row.rotations.map((one) => ({ ...one, requestedAt: new Date(one.requestedAt), finishedAt: one.finishedAt && new Date(one.finishedAt) })),
  };
}
