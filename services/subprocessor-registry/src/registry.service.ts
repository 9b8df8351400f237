import { persistenceMigrations } from '@heed/persistence';
import type { ServiceDefinition } from '@heed/runtime';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ReviewJob } from './access/review/review.job.js';
import { TidyAccess } from './access/tidy-access.job.js';
import { AppModule } from './app.module.js';
import { registryMigrations } from './migrations.js';
import { ActivationJob } from './policy/activation.job.js';
import { StepUpSigner } from './step-up/adapters/step-up-signer.js';
import { registryEnvironment } from './subprocessor-registry.config.js';

/** Generated from all services, this one among them. */
const MERGED_DOCUMENT = path.join(import.meta.dirname, '../../../docs/openapi.json');

/** A tenant's turn costs three statements. */
const TIDY_EVERY_MS = 6 * 3_600_000;

/** Everything that starts this service; tests start it in their own process with a clock of their own. */
export const registryService: ServiceDefinition<typeof registryEnvironment> = {
  service: 'subprocessor-registry',
  api: {
    title: 'Governance',
    description: 'Data stores and what they hold, versions of the policy, its promises, and who else handles the data.',
  },
  // The origin routes by path alone, so one service answers for the document of all.
  mergedDocument: () => readFile(MERGED_DOCUMENT, 'utf8'),
  environment: registryEnvironment,
  migrations: [...persistenceMigrations, ...registryMigrations],
  module: (platform) => AppModule.of(platform),
  stepUpKeys: ({ environment, clock }) => async () => (await StepUpSigner.open(environment.HEED_KEYS_DIR, environment.HEED_ORIGIN, clock)).publicKeys,
  jobs: (app, { environment }) => [
    { name: 'activate-policies', everyMs: environment.HEED_ACTIVATION_EVERY_MS, run: () => app.get(ActivationJob).run() },
    { name: 'access-reviews', everyMs: environment.HEED_ACTIVATION_EVERY_MS, run: () => app.get(ReviewJob, { strict: false }).run() },
    { name: 'tidy-access-log', everyMs: TIDY_EVERY_MS, run: () => app.get(TidyAccess, { strict: false }).run() },
  ],
};
