import type { Database } from '@heed/persistence';
import { asKeysUnavailable } from '../keys-unavailable.js';

/** Runs the work where no other instance does it now; a killed one's lock ends with its connection. @returns whether it ran */
export async function alone(database: Database, name: string, work: () => Promise<void>): Promise<boolean> {
  const client = await asKeysUnavailable(() => database.connect());
  let broken: Error | undefined;
  try {
    const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock(hashtext($1)) AS got', [name]);
    if (rows[0]?.got !== true) return false;
    try {
      await work();
    } finally {
      await client.query('SELECT pg_advisory_unlock(hashtext($1))', [name]).catch((error: Error) => (broken = error));
    }
    return true;
  } finally {
    client.release(broken);
  }
}
