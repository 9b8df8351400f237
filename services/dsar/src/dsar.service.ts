import { certificateJob, certificateMigrations } from '@heed/certificate-register';
import { FieldVault } from '@heed/crypto';
import { fanoutJobs, fanoutMigrations } from '@heed/fanout';
import { persistenceMigrations } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import type { ServiceDefinition } from '@heed/runtime';
import { tenantPolicyMigrations } from '@heed/tenant-policy';
import path from 'node:path';
import { DsarModule } from './app.module.js';
import { watchRequests } from './deadline/missed-deadlines.job.js';
import { dsarEnvironment } from './dsar.config.js';
import { ResolvePeople } from './person/resolve-people.job.js';

export const dsarMigrations: readonly MigrationSet[] = [
  ...persistenceMigrations,
  ...tenantPolicyMigrations,
  ...fanoutMigrations,
  ...certificateMigrations,
  { name: 'dsar', scope: 'tenant', dir: path.join(import.meta.dirname, '../migrations/tenant') },
];

export const dsarService: ServiceDefinition<typeof dsarEnvironment> = {
  service: 'dsar',
  api: {
    title: 'Requests of people',
    description: 'What people ask for by right, its deadlines, and the proof of what was done.',
  },
  owner: 'dsar',
  environment: dsarEnvironment,
  migrations: dsarMigrations,
  module: (platform) => DsarModule.of(platform),
  // A request that cannot be read still says who asked: its dead letter is sealed.
  seal: async ({ environment }) => {
    const vault = await FieldVault.open(environment.HEED_KEYS_DIR, 'dsar');
    return (value, tenant) => vault.seal(tenant, 'dead-letter', 'value', value.toString('base64'));
  },
  jobs: (app, platform) => [
    ...fanoutJobs(platform),
    certificateJob(app, platform),
    { name: 'people', everyMs: 250, run: () => app.get(ResolvePeople).run() },
    { name: 'missed-deadlines', everyMs: 30_000, run: () => watchRequests(platform.database, platform.unitOfWork, platform.logger) },
  ],
};
