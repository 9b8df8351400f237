import { ClientCredentials } from '@heed/auth';
import { StartError } from '../process/start-error.js';
import type { Home } from '../system/home.js';
import { readSecrets } from '../system/secrets.js';
import { cliClientId } from './clients.js';

/**
 * A token of the local issuer for a tenant's people. Whoever may read this home's secrets may have it.
 * @example await fetchLocalToken(home, 'http://127.0.0.1:4109', 'ajuni', ['dpo'])
 */
export async function fetchLocalToken(home: Home, issuer: string, tenant: string, roles: readonly string[]): Promise<string> {
  const clientId = cliClientId(tenant);
  const clientSecret = readSecrets(home)?.clients[clientId];
  if (clientSecret === undefined) {
    throw new StartError('home_unusable', `There are no secrets for ${tenant} in ${home.dir}: start Heed with this HEED_HOME first.`);
  }
  return new ClientCredentials({ issuer, clientId, clientSecret, audience: 'heed', scope: roles.join(' ') }).get();
}
