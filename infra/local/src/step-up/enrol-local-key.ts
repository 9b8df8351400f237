import { join } from 'node:path';
import { cliClientId } from '../issuer/clients.js';
import { fetchLocalToken } from '../issuer/local-token.js';
import { runCommand } from '../process/run-command.js';
import { StartError } from '../process/start-error.js';
import type { Home } from '../system/home.js';
import { checkout } from '../system/local.config.js';
import { enrolKey, isEnrolled, stepUp, type LocalStepUp } from './ceremony.js';
import { keepSoftwareKey, readSoftwareKey } from './key-file.js';
import { SoftwareKey } from './software-key.js';

/** A running Heed on this computer. */
export interface LocalHeed {
  readonly home: Home;
  readonly origin: string;
  readonly issuer: string;
}

/**
 * Gives the people at a tenant's command line a software key, once: they get one where they have none that is taken. The
 * tenant's policy has to be in force.
 */
export async function enrolLocalKey(heed: LocalHeed & { readonly postgresUrl: string }, tenant: string): Promise<void> {
  const caller = { origin: heed.origin, token: await fetchLocalToken(heed.home, heed.issuer, tenant, ['analyst']) };
  const known = readSoftwareKey(heed.home, tenant);
  if (known && (await isEnrolled(caller, known))) return;
  const key = SoftwareKey.make();
  await enrolKey(caller, key, await issueEnrolmentCode(heed.postgresUrl, tenant, cliClientId(tenant)));
  keepSoftwareKey(heed.home, tenant, key);
}

/** A step-up with the software key of a tenant's command line. */
export async function stepUpLocally(heed: LocalHeed, tenant: string, wanted: { readonly act: string; readonly resource: string }): Promise<LocalStepUp> {
  const key = readSoftwareKey(heed.home, tenant);
  if (!key) throw new StartError('home_unusable', `There is no software key of ${tenant} in ${heed.home.dir}: start Heed with this HEED_HOME first.`);
  return stepUp({ origin: heed.origin, token: await fetchLocalToken(heed.home, heed.issuer, tenant, ['analyst']) }, key, wanted);
}

/**
 * The operator's job: a code for a first authenticator.
 * @param adminUrl a superuser's URL to the server
 * @param subject the `sub` of the person's access tokens
 */
export async function issueEnrolmentCode(adminUrl: string, tenant: string, subject: string): Promise<string> {
  const script = join(checkout, 'services', 'subprocessor-registry', 'dist', 'enrol.js');
  const env = { HEED_DATABASE_ADMIN_URL: adminUrl, HEED_TENANT: tenant, HEED_ENROL_SUBJECT: subject };
  const { code, output } = await runCommand(process.execPath, [script], { env });
  const issued = output.split('\n').find((line) => line.startsWith('heed_enrol_'));
  if (code !== 0 || issued === undefined) throw new StartError('job_failed', `No enrolment code for ${tenant}: ${output.split('\n').at(-1) ?? ''}`);
  return issued;
}
