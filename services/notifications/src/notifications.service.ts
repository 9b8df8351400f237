import { certificateJob } from '@heed/certificate-register';
import { FieldVault, keyJobs, KeysGate, openFieldVault } from '@heed/key-store';
import type { ServiceDefinition } from '@heed/runtime';
import { AppModule } from './app.module.js';
import { indexedRecipients, sealedRecipients } from './recipient/recipient-rotation.js';
import { SendMail } from './message/send-mail.job.js';
import { notificationsMigrations } from './migrations.js';
import { notificationsEnvironment } from './notifications.config.js';

/** Everything that starts this service; tests start it in their own process with a clock of their own. */
export const notificationsService: ServiceDefinition<typeof notificationsEnvironment> = {
  service: 'notifications',
  api: {
    title: 'Notifications',
    description: 'Mail to people, and notices of policy changes to those who were promised them.',
  },
  environment: notificationsEnvironment,
  migrations: notificationsMigrations,
  module: (platform) => AppModule.of(platform),
  gates: (platform) => [new KeysGate({ ...platform, vault: openFieldVault('notifications', platform) })],
  jobs: (app, platform) => [
    ...keyJobs(app.get(FieldVault), platform, [sealedRecipients], [indexedRecipients]),
    { name: 'send-mail', everyMs: platform.environment.HEED_SEND_EVERY_MS, run: () => app.get(SendMail).run() },
    certificateJob(app, platform),
  ],
};
