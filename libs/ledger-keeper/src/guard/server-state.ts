import type { Database } from '@heed/persistence';

/** Which database on which server, and how far its transactions are. */
export interface ServerState {
  readonly cluster: string;
  readonly database: string;
  /** The next transaction's number. */
  readonly next: bigint;
}

/** One statement whatever the number of tenants: asked every few seconds. */
export async function serverState(database: Database): Promise<ServerState> {
  const [row] = await database.query<{ cluster: string; database: string; next: string }>(
    `SELECT c.system_identifier::text AS cluster, d.oid::text AS database, pg_snapshot_xmax(pg_current_snapshot())::text AS next
       FROM pg_control_system() c, pg_database d WHERE d.datname = current_database()`,
  );
  if (!row) throw new Error('the database does not say who it is');
  return { cluster: row.cluster, database: row.database, next: BigInt(row.next) };
}

/** Whether the later look met what the earlier one met: a copy that was put in its place counts other transactions, or fewer. */
export function sameServer(before: ServerState, now: ServerState): boolean {
  return before.cluster === now.cluster && before.database === now.database && before.next <= now.next;
}
