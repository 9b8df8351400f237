import { asAdmin, lockAlone } from './migration/admin-connection.js';
import type { AdminAccess } from './migration/admin-connection.js';

export interface RegisteredTenant {
  readonly id: string;
  readonly isolation: 'role' | 'login';
  readonly state: 'active' | 'closing' | 'closed' | 'dropped';
  readonly createdAt: Date;
  /** When a closing tenant is dropped. */
  readonly dropAfter: Date | null;
}

/** Everybody that a database knows, those too who are no more. */
export async function registeredTenants(access: AdminAccess, database: string): Promise<readonly RegisteredTenant[]> {
  return asAdmin(access, 'list of tenants', database, async (client) => {
    const { rows } = await client.query<RegisteredTenant>(
      `SELECT id, isolation, state, created_at AS "createdAt", drop_after AS "dropAfter" FROM heed.tenant ORDER BY id`,
    );
    return rows;
  });
}

/** Runs the work while nobody else creates, closes or drops this tenant. @param onWait is told who does */
export async function aloneWithTenant<T>(
  access: AdminAccess,
  database: string,
  tenant: string,
  onWait: (holder: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  return asAdmin(access, `work on tenant ${tenant}`, database, async (client) => {
    await lockAlone(client, `heed.tenant/${tenant}`, onWait);
    return work();
  });
}
