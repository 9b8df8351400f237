import { fanoutJobs, fanoutMigrations } from '@heed/fanout';
import { FieldVault, keyJobs, KeysGate, keyShredMigrations, openFieldVault } from '@heed/key-store';
import { persistenceMigrations } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import type { ServiceDefinition } from '@heed/runtime';
import { tenantPolicyMigrations } from '@heed/tenant-policy';
import path from 'node:path';
import { RetentionModule } from './app.module.js';
import { ForgetWords } from './forgetting/forget-words.js';
import { sealedHolds } from './hold/adapters/hold-rotation.js';
import { retentionEnvironment } from './retention.config.js';

export const retentionMigrations: readonly MigrationSet[] = [
  ...persistenceMigrations,
  ...tenantPolicyMigrations,
  ...fanoutMigrations,
  ...keyShredMigrations,
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
  gates: (platform) => [new KeysGate({ ...platform, vault: openFieldVault('retention', platform) })],
  jobs: (app, platform) => [
    ...fanoutJobs(platform),
    ...keyJobs(app.get(FieldVault), platform, [sealedHolds]),
    { name: 'hold-words', everyMs: 5000, run: () => app.get(ForgetWords).run() },
  ],
};
