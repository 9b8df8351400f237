import { databaseTlsEnvironment, loadConfig } from '@heed/config';
import { tenantId } from '@heed/kernel';
import { z } from 'zod';
import { subjectName } from './step-up/step-up.answer.js';

const environment = z.object({
  ...databaseTlsEnvironment,
  HEED_DATABASE_ADMIN_URL: z.string().min(1),
  HEED_TENANT: tenantId,
  /** The `sub` of the access tokens of who is to enrol an authenticator. */
  HEED_ENROL_SUBJECT: subjectName,
});

export function readEnrolConfig(env: NodeJS.ProcessEnv = process.env): z.output<typeof environment> {
  return loadConfig(environment, env);
}
