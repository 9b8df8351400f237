import { FileKek } from '@heed/crypto';
import { FieldVault } from '@heed/key-store';
import { systemClock } from '@heed/kernel';
import { SERVICES, serviceKeysUrl } from '@heed/local';
import { Database } from '@heed/persistence';
import { readCliConfig } from '../cli.config.js';
import { CliError } from '../output/cli-error.js';
import { runningSystem } from './running-system.js';

const CACHE_MS = 60_000;

/** Works with a service's keys as the service itself does: whoever may read this home's secrets may. */
export async function withServiceVault<T>(name: string, work: (vault: FieldVault) => Promise<T>): Promise<T> {
  const service = SERVICES.find((one) => one === name);
  if (!service) throw new CliError(`there is no service ${name}`);
  const { home } = readCliConfig();
  const database = new Database({ url: serviceKeysUrl(home, runningSystem(), service), keysDir: home.keys(service), clock: systemClock, poolSize: 1 });
  const vault = new FieldVault({ service, database, kek: new FileKek(home.keys('kek')), clock: systemClock, cacheMs: CACHE_MS, cacheSize: 1000 });
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}
