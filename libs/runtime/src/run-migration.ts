import { ConfigError, databaseTls, loadConfig, migrationEnvironment } from '@heed/config';
import { migrateKeys, openKek } from '@heed/key-store';
import { armFailpoint } from '@heed/kernel';
import { databaseName, migrate, registeredTenants } from '@heed/persistence';
import type { AdminAccess, MigrationSet } from '@heed/persistence';
import type { z } from 'zod';
import { ProgressLine } from './progress-line.js';

type Environment = z.output<typeof migrationEnvironment>;

/**
 * What a service's `migrate.ts` calls: brings its database, its keys and all tenants up to date. `--contract` is
 * HEED_MIGRATE_PHASE=contract.
 */
export async function runMigration(service: string, sets: readonly MigrationSet[], env: NodeJS.ProcessEnv, args = process.argv.slice(2)): Promise<void> {
  const progress = (text: string): void => void process.stdout.write(`${text}\n`);
  try {
    const environment = loadConfig(migrationEnvironment, env);
    armFailpoint(environment.HEED_FAILPOINT, environment.NODE_ENV);
    const keys = keysAccess(environment);
    const site = { adminUrl: environment.HEED_DATABASE_ADMIN_URL, ssl: databaseTls(environment, environment.HEED_DATABASE_ADMIN_URL) };
    const line = new ProgressLine(process.stdout, `${service}: tenants`);
    await migrate({
      ...site,
      service,
      password: environment.HEED_DATABASE_PASSWORD,
      tenants: environment.HEED_TENANTS,
      keysDir: environment.HEED_KEYS_DIR,
      sets,
      contract: args.includes('--contract') || environment.HEED_MIGRATE_PHASE === 'contract',
      parallel: environment.HEED_MIGRATE_PARALLEL,
      progress,
      onTenant: (done) => line.show(done),
    });
    const served = (await registeredTenants(site, databaseName(service))).filter(({ state }) => state === 'active' || state === 'closing');
    const kek = openKek(environment);
    try {
      await migrateKeys({ ...keys, service, database: environment.HEED_KEYS_DATABASE, tenants: served.map(({ id }) => id), kek, progress });
    } finally {
      await kek.close();
    }
  } catch (error) {
    process.stderr.write(`heed migration of ${service} failed: ${error instanceof Error ? error.message : 'unknown error'}\n`);
    process.exit(1);
  }
}

/** The server of the keys database; in development it may be the service's own, with the same password. */
function keysAccess(environment: Environment): AdminAccess & { readonly password: string | undefined } {
  const { HEED_KEYS_DATABASE_ADMIN_URL: adminUrl, HEED_KEYS_DATABASE_PASSWORD: password } = environment;
  if (adminUrl !== undefined) return { adminUrl, ssl: databaseTls(environment, adminUrl), password };
  if (environment.NODE_ENV === 'production') throw new ConfigError('Configuration refused: HEED_KEYS_DATABASE_ADMIN_URL: the server of the keys database, which is not the one of the data');
  const own = environment.HEED_DATABASE_ADMIN_URL;
  return { adminUrl: own, ssl: databaseTls(environment, own), password: password ?? environment.HEED_DATABASE_PASSWORD };
}
