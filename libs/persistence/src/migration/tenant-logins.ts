import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { loginsFile, readLogins } from '../tenants.js';
import type { Tenant } from '../tenants.js';

export interface TenantLogins {
  readonly passwords: Readonly<Record<string, string>>;
  /** Tenants whose password was made just now: their role must be told. */
  readonly fresh: ReadonlySet<string>;
}

/** Passwords of the tenants with a login of their own; the file is there before a role has one of them. */
export async function prepareLogins(keysDir: string, database: string, tenants: readonly Tenant[]): Promise<TenantLogins> {
  const known = await readLogins(keysDir, database);
  const missing = tenants.filter((tenant) => tenant.isolation === 'login' && known[tenant.id] === undefined);
  if (missing.length === 0) return { passwords: known, fresh: new Set() };
  const made = missing.map(({ id }) => [id, randomBytes(24).toString('base64url')]);
  const passwords: Record<string, string> = { ...known, ...Object.fromEntries(made) };
  await writeLogins(keysDir, database, passwords);
  return { passwords, fresh: new Set(missing.map(({ id }) => id)) };
}

/** Takes a dropped tenant's password away. */
export async function forgetLogin(keysDir: string, database: string, tenant: string): Promise<void> {
  const { [tenant]: gone, ...rest } = await readLogins(keysDir, database);
  if (gone !== undefined) await writeLogins(keysDir, database, rest);
}

async function writeLogins(keysDir: string, database: string, passwords: Readonly<Record<string, string>>): Promise<void> {
  const file = loginsFile(keysDir, database);
  await mkdir(keysDir, { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify(passwords), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
