import { databaseTls, databaseTlsEnvironment, kafkaEnvironment, kafkaSettings, keyMigrationEnvironment, loadConfig } from '@heed/config';
import { KafkaSecrets } from '@heed/kafka';
import { openKek } from '@heed/key-store';
import path from 'node:path';
import { z } from 'zod';
import type { Installation, TenantService } from './installation.js';
import { runMigrationProgram } from './migration-program.js';

/** How another installation than the one on this computer is reached. */
export const provisioningEnvironment = z.object({
  HEED_DATABASE_ADMIN_URL: z.string().min(1),
  ...databaseTlsEnvironment,
  ...kafkaEnvironment,
  /** Holds one folder for each service, the one that this service has as HEED_KEYS_DIR. */
  HEED_KEYS_DIR: z.string().min(1),
  ...keyMigrationEnvironment,
  NODE_ENV: z.string().default('development'),
  /** Whether users and rights on Kafka are set from here, with KAFKA_USERNAME as an administrator. */
  HEED_KAFKA_ACCESS: z.enum(['none', 'scram', 'rights']).default('none'),
  HEED_TOPIC_PREFIX: z.string().default(''),
});

/** @param checkout folder with `services/`, whose migration programs are run */
export function environmentInstallation(env: NodeJS.ProcessEnv, checkout: string, tell: (line: string) => void): Installation {
  const environment = loadConfig(provisioningEnvironment, env);
  const keysDir = (service: TenantService): string => path.join(environment.HEED_KEYS_DIR, service);
  const kafka = kafkaSettings(environment, 'heed-provisioning');
  const keysUrl = environment.HEED_KEYS_DATABASE_ADMIN_URL ?? environment.HEED_DATABASE_ADMIN_URL;
  const { HEED_KAFKA_ACCESS: access } = environment;
  return {
    postgres: { adminUrl: environment.HEED_DATABASE_ADMIN_URL, ssl: databaseTls(environment, environment.HEED_DATABASE_ADMIN_URL) },
    keysDir,
    migrate: (service, tenants) =>
      runMigrationProgram({
        script: path.join(checkout, 'services', service, 'dist', 'migrate.js'),
        env: { ...env, HEED_TENANTS: JSON.stringify(tenants), HEED_KEYS_DIR: keysDir(service), HEED_FAILPOINT: '' },
        tell,
      }),
    keys: () => ({ access: { adminUrl: keysUrl, ssl: databaseTls(environment, keysUrl) }, database: environment.HEED_KEYS_DATABASE, kek: openKek(environment) }),
    kafka,
    kafkaAccess: access === 'none' ? undefined : access === 'rights' ? {} : { secrets: new KafkaSecrets(path.join(environment.HEED_KEYS_DIR, 'kafka')) },
    topicPrefix: environment.HEED_TOPIC_PREFIX,
    extras: [],
    tell,
  };
}
