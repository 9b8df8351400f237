import { databaseTls, loadConfig, migrationEnvironment } from '@heed/config';
import { armFailpoint } from '@heed/kernel';
import { migrate } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import { ProgressLine } from './progress-line.js';

/** What a service's `migrate.ts` calls: brings its database and all tenants up to date. `--contract` is HEED_MIGRATE_PHASE=contract. */
export async function runMigration(service: string, sets: readonly MigrationSet[], env: NodeJS.ProcessEnv, args = process.argv.slice(2)): Promise<void> {
  try {
    const environment = loadConfig(migrationEnvironment, env);
    armFailpoint(environment.HEED_FAILPOINT, environment.NODE_ENV);
    const line = new ProgressLine(process.stdout, `${service}: tenants`);
    await migrate({
      service,
      adminUrl: environment.HEED_DATABASE_ADMIN_URL,
      ssl: databaseTls(environment, environment.HEED_DATABASE_ADMIN_URL),
      password: environment.HEED_DATABASE_PASSWORD,
      tenants: environment.HEED_TENANTS,
      keysDir: environment.HEED_KEYS_DIR,
      sets,
      contract: args.includes('--contract') || environment.HEED_MIGRATE_PHASE === 'contract',
      parallel: environment.HEED_MIGRATE_PARALLEL,
      progress: (text) => process.stdout.write(`${text}\n`),
      onTenant: (progress) => line.show(progress),
    });
  } catch (error) {
    process.stderr.write(`heed migration of ${service} failed: ${error instanceof Error ? error.message : 'unknown error'}\n`);
    process.exit(1);
  }
}
