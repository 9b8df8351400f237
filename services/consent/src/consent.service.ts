import { certificateJob, certificateMigrations } from '@heed/certificate-register';
import { ingressEvents } from '@heed/contracts-ingress';
import { fanoutJobs, fanoutMigrations } from '@heed/fanout';
import { DeadLetterKeys, FieldVault, keyJobs, KeysGate, keyShredMigrations, openFieldVault } from '@heed/key-store';
import { persistenceMigrations } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import type { ServiceDefinition } from '@heed/runtime';
import { tenantPolicyMigrations } from '@heed/tenant-policy';
import path from 'node:path';
import { ConsentModule } from './app.module.js';
import { campaignJob } from './campaign/campaign.providers.js';
import { answersJob } from './bulk/forget-answers.job.js';
import { registerJob } from './bulk/grow-registers.job.js';
import { BEAT_MS, ConsentStateBeat } from './consent-state/beat.job.js';
import { BuildConsentState } from './consent-state/build-state.job.js';
import { ErasePeople } from './erasure/erase-people.job.js';
import { expiryJob } from './expiry/expiry.providers.js';
import { countsJob } from './signal-visit/forget-counts.job.js';
import { indexedIdentifiers, sealedIdentifiers } from './subject/identifier-rotation.js';
import { consentEnvironment } from './consent.config.js';

export const consentMigrations: readonly MigrationSet[] = [
  ...persistenceMigrations,
  ...tenantPolicyMigrations,
  ...fanoutMigrations,
  ...certificateMigrations,
  ...keyShredMigrations,
  { name: 'consent', scope: 'service', dir: path.join(import.meta.dirname, '../migrations/service') },
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
  seal: (platform) => {
    const letters = new DeadLetterKeys(openFieldVault('consent', platform));
    return Promise.resolve((content, tenant) => letters.seal(content, tenant));
  },
  gates: (platform) => [new KeysGate({ ...platform, vault: openFieldVault('consent', platform) })],
  jobs: (app, platform) => [
    ...fanoutJobs(platform),
    registerJob(platform),
    answersJob(platform),
    countsJob(platform),
    certificateJob(app, platform),
    ...keyJobs(app.get(FieldVault), platform, [sealedIdentifiers], [indexedIdentifiers]),
    { name: 'consent-state', everyMs: 500, run: () => app.get(BuildConsentState).run() },
    { name: 'consent-state-beat', everyMs: BEAT_MS, run: () => app.get(ConsentStateBeat).run() },
    expiryJob(app),
    campaignJob(app),
    { name: 'person-erasures', everyMs: 1000, run: () => app.get(ErasePeople).run() },
  ],
};
