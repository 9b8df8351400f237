import { fanoutJobs, fanoutMigrations } from '@heed/fanout';
import { persistenceMigrations } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import type { ServiceDefinition } from '@heed/runtime';
import { tenantPolicyMigrations } from '@heed/tenant-policy';
import path from 'node:path';
import { RetentionModule } from './app.module.js';
import { retentionEnvironment } from './retention.config.js';

export const retentionMigrations: readonly MigrationSet[] = [
  ...persistenceMigrations,
  ...tenantPolicyMigrations,
  ...fanoutMigrations,
  { name: 'retention', scope: 'tenant', dir: path.join(import.meta.dirname, '../migrations/tenant') },
];

export const retentionService: ServiceDefinition<typeof retentionEnvironment> = {
  service: 'retention',
  api: {
    title: 'Retention',
    description: 'How long data is kept, and the legal holds that keep it longer.',
  },
  owner: 'retention',
  environment: retentionEnvironment,
  migrations: retentionMigrations,
  module: (platform) => RetentionModule.of(platform),
  jobs: (_, platform) => fanoutJobs(platform),
};
