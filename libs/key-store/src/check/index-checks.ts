import { createHmac } from 'node:crypto';
import type { Database } from '@heed/persistence';
import { asKeysUnavailable } from '../keys-unavailable.js';

/** By what a key of a blind index is known. */
export interface KeyCheck {
  readonly epoch: number;
  readonly value: Buffer;
}

/** A service's memory of one. */
export interface TenantCheck extends KeyCheck {
  readonly tenant: string;
}

/** Hashes of identifiers are made of two parts with a zero byte between: this is none of them. */
export function checkOf(epoch: number, key: Buffer): KeyCheck {
  return { epoch, value: createHmac('sha256', key).update('check').digest() };
}

/** The tenants of whose keys that a service remembers one was never made in this keys database; dropped ones aside. */
export async function tenantsMissing(keys: Database, remembered: readonly TenantCheck[]): Promise<readonly string[]> {
  if (remembered.length === 0) return [];
  const rows = await asKeysUnavailable(() =>
    keys.query<{ tenant: string }>(
      `SELECT DISTINCT r.tenant FROM unnest($1::text[], $2::int[], $3::bytea[]) AS r(tenant, epoch, value)
        WHERE NOT EXISTS (SELECT 1 FROM index_check c WHERE c.tenant = r.tenant AND c.epoch = r.epoch AND c.value = r.value)
          AND NOT EXISTS (SELECT 1 FROM dropped_tenant d WHERE d.tenant = r.tenant) ORDER BY 1`,
      [remembered.map(({ tenant }) => tenant), remembered.map(({ epoch }) => epoch), remembered.map(({ value }) => value)],
    ),
  );
  return rows.map((row) => row.tenant);
}

/** Notes what keys are known by that were made before this was noted. */
export async function noteInKeys(keys: Database, tenant: string, checks: readonly KeyCheck[]): Promise<void> {
  if (checks.length === 0) return;
  await keys.query('INSERT INTO index_check (tenant, epoch, value) SELECT $1, e, v FROM unnest($2::int[], $3::bytea[]) AS c(e, v) ON CONFLICT DO NOTHING', [
    tenant,
    checks.map(({ epoch }) => epoch),
    checks.map(({ value }) => value),
  ]);
}
