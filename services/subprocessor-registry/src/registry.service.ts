import type { ServiceDefinition } from '@heed/runtime';
import { AppModule } from './app.module.js';
import { ActivationJob } from './policy/activation.job.js';
import { registryEnvironment } from './subprocessor-registry.config.js';

/** Everything that starts this service; tests start it in their own process with a clock of their own. */
export const registryService: ServiceDefinition<typeof registryEnvironment> = {
  service: 'subprocessor-registry',
  api: {
    title: 'Governance',
    description: 'Data stores and what they hold, versions of the policy, its promises, and who else handles the data.',
  },
  environment: registryEnvironment,
  module: (platform) => AppModule.of(platform),
  jobs: (app, { environment }) => [
    { name: 'activate-policies', everyMs: environment.HEED_ACTIVATION_EVERY_MS, run: () => app.get(ActivationJob).run() },
  ],
};
