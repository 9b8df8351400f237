import { namesAPerson, pseudonymOf } from '@heed/auth';
import { ConfigError, databaseTlsEnvironment, loadConfig } from '@heed/config';
import { tenantId } from '@heed/kernel';
import { z } from 'zod';

const environment = z.object({
  ...databaseTlsEnvironment,
  HEED_DATABASE_ADMIN_URL: z.string().min(1),
  HEED_TENANT: tenantId,
  /** The `sub` of the access tokens of who is to enrol an authenticator. */
  HEED_ENROL_SUBJECT: z.string().min(1).max(200),
  /** As the services have them: needed where the `sub` is an email address or a phone number, of which only a pseudonym is kept. */
  HEED_SUBJECT_KEY: z.string().min(32).optional(),
  HEED_ISSUER: z.url().optional(),
});

/** @throws ConfigError */
export function readEnrolConfig(env: NodeJS.ProcessEnv = process.env): z.output<typeof environment> & { readonly subject: string } {
  const config = loadConfig(environment, env);
  const { HEED_ENROL_SUBJECT: sub, HEED_SUBJECT_KEY: key, HEED_ISSUER: issuer } = config;
  if (!namesAPerson(sub)) return { ...config, subject: sub };
  const made = key ?? issuer;
  if (made === undefined) throw new ConfigError('Configuration refused: HEED_ENROL_SUBJECT names a person: set HEED_SUBJECT_KEY and HEED_ISSUER as the services have them');
  return { ...config, subject: pseudonymOf(sub, made) };
}
