import { certificateJob, certificateMigrations } from '@heed/certificate-register';
import { fanoutJobs, fanoutMigrations } from '@heed/fanout';
import { DeadLetterKeys, FieldVault, keyJobs, KeysGate, keyShredMigrations, openFieldVault } from '@heed/key-store';
import { persistenceMigrations } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import type { ServiceDefinition } from '@heed/runtime';
import { tenantPolicyMigrations } from '@heed/tenant-policy';
import path from 'node:path';
import { DsarModule } from './app.module.js';
import { sealedCases } from './case/adapters/case-rotation.js';
import { watchRequests } from './deadline/missed-deadlines.job.js';
import { dsarEnvironment } from './dsar.config.js';
import { handedMailsJob } from './mailbox/handed-mail.js';
import { ReadMailboxes } from './mailbox/read-mailboxes.job.js';
import { ResolvePeople } from './person/resolve-people.job.js';

export const dsarMigrations: readonly MigrationSet[] = [
  ...persistenceMigrations,
  ...tenantPolicyMigrations,
  ...fanoutMigrations,
  ...certificateMigrations,
  ...keyShredMigrations,
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
  seal: (platform) => {
    const letters = new DeadLetterKeys(openFieldVault('dsar', platform));
    return Promise.resolve((content, tenant) => letters.seal(content, tenant));
  },
  gates: (platform) => [new KeysGate({ ...platform, vault: openFieldVault('dsar', platform) })],
  jobs: (app, platform) => [
    ...fanoutJobs(platform),
    certificateJob(app, platform),
    ...keyJobs(app.get(FieldVault), platform, [sealedCases]),
    { name: 'people', everyMs: 250, run: () => app.get(ResolvePeople).run() },
    { name: 'mailboxes', everyMs: platform.environment.DSAR_MAILBOX_EVERY_MS, run: () => app.get(ReadMailboxes).run() },
    handedMailsJob(platform),
    { name: 'missed-deadlines', everyMs: 30_000, run: () => watchRequests(platform.database, platform.unitOfWork, platform.logger) },
  ],
};
