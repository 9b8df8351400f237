import { readFile } from 'node:fs/promises';
import path from 'node:path';

export interface Tenant {
  readonly id: string;
  /** `role`: SET LOCAL ROLE on the shared login. `login`: a login of its own, so that PostgreSQL itself refuses the rest. */
  readonly isolation: 'role' | 'login';
}

/** Passwords of tenant logins of one database, written by the migration job and read by the service. */
export function loginsFile(keysDir: string, database: string): string {
  return path.join(keysDir, `${database}.logins.json`);
}

export async function readLogins(keysDir: string, database: string): Promise<Readonly<Record<string, string>>> {
  try {
    return JSON.parse(await readFile(loginsFile(keysDir, database), 'utf8')) as Record<string, string>;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}
