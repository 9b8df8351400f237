import { databaseTls } from '@heed/config';
import { readEnrolConfig } from './enrol.config.js';
import { issueOperatorCode } from './step-up/operator-code.js';

/** The operator's job: prints a one-time code, valid for an hour, with which a person enrols their authenticator. */
try {
  const environment = readEnrolConfig();
  const { HEED_DATABASE_ADMIN_URL: adminUrl, HEED_TENANT: tenant, subject } = environment;
  const code = await issueOperatorCode({ adminUrl, ssl: databaseTls(environment, adminUrl), tenant, subject });
  process.stdout.write(`${code}\n`);
} catch (error) {
  process.stderr.write(`heed enrol failed: ${error instanceof Error ? error.message : 'unknown error'}\n`);
  process.exit(1);
}
