import { seedPeople, type SamplePerson } from '../samples/index.js';
import { StartError } from '../process/start-error.js';
import { local } from './context.js';
import type { Home } from './home.js';
import { postgresAdminUrl } from './inspect.js';
import { readRecords } from './part-record.js';
import { readSecrets } from './secrets.js';
import type { SystemRecord } from './system-record.js';

/** Fills the sample stores of a tenant in a running system; the same people each time. */
export async function seedSamples(home: Home, system: SystemRecord, tenant: string, count: number): Promise<readonly SamplePerson[]> {
  const port = readRecords(home.run()).find((record) => record.name === 'mail-processor')?.port;
  const webhookSecret = readSecrets(home)?.webhooks[tenant];
  if (port === undefined || webhookSecret === undefined) {
    throw new StartError('part_failed', `The mail processor of ${tenant} does not run: see "heed status".`);
  }
  return seedPeople({ adminUrl: postgresAdminUrl(home, system), tenant, count, mailProcessor: { url: local(port), webhookSecret } });
}
