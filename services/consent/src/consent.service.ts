import { ingressEvents } from '@heed/contracts-ingress';
import { FieldVault } from '@heed/crypto';
import { fanoutJobs, fanoutMigrations } from '@heed/fanout';
import { persistenceMigrations } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import type { ServiceDefinition } from '@heed/runtime';
import { tenantPolicyMigrations } from '@heed/tenant-policy';
import path from 'node:path';
import { ConsentModule } from './app.module.js';
import { ErasePeople } from './erasure/erase-people.job.js';
import { consentEnvironment } from './consent.config.js';

export const consentMigrations: readonly MigrationSet[] = [
  ...persistenceMigrations,
  ...tenantPolicyMigrations,
  ...fanoutMigrations,
  { name: 'consent', scope: 'tenant', dir: path.join(import.meta.dirname, '../migrations/tenant') },
];

export const consentService: ServiceDefinition<typeof consentEnvironment> = {
  service: 'consent',
  api: {
    title: 'Consent',
    description: 'What people agreed to, refused and withdrew, and whether their data may be used for a purpose now.',
  },
  owner: 'consent',
  environment: consentEnvironment,
  migrations: consentMigrations,
  module: (platform) => ConsentModule.of(platform),
  // Consent answers for the ingress topics: a type that no service takes is dead-lettered here.
  strict: { ingress: ingressEvents.map((event) => event.type) },
  seal: async ({ environment }) => {
    const vault = await FieldVault.open(environment.HEED_KEYS_DIR, 'consent');
    return (value, tenant) => vault.seal(tenant, 'dead-letter', 'value', value.toString('base64'));
  },
  jobs: (app, platform) => [...fanoutJobs(platform), { name: 'person-erasures', everyMs: 1000, run: () => app.get(ErasePeople).run() }],
};
