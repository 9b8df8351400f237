import { loadConfig, migrationEnvironment } from '@heed/config';
import { migrate } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';

/** What a service's `migrate.ts` calls: brings its database and all tenants up to date, one line of progress each. */
export async function runMigration(service: string, sets: readonly MigrationSet[], env: NodeJS.ProcessEnv): Promise<void> {
  try {
    const environment = loadConfig(migrationEnvironment, env);
    await migrate({
      service,
      adminUrl: environment.HEED_DATABASE_ADMIN_URL,
      password: environment.HEED_DATABASE_PASSWORD,
      tenants: environment.HEED_TENANTS,
      keysDir: environment.HEED_KEYS_DIR,
      sets,
      progress: (line) => process.stdout.write(`${line}\n`),
    });
  } catch (error) {
    process.stderr.write(`heed migration of ${service} failed: ${error instanceof Error ? error.message : 'unknown error'}\n`);
    process.exit(1);
  }
}
