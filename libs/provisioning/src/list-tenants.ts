import { databaseName, registeredTenants } from '@heed/persistence';
import type { RegisteredTenant } from '@heed/persistence';
import { REGISTER } from './installation.js';
import type { Installation } from './installation.js';

/** Everybody who is or was here. */
export async function listTenants(installation: Pick<Installation, 'postgres'>): Promise<readonly RegisteredTenant[]> {
  return registeredTenants(installation.postgres, databaseName(REGISTER));
}
