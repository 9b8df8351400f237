import { HeedError, isHeedError } from '@heed/kernel';
import { isTransientPgError, sqlState } from '@heed/persistence';

/** Soon enough for a KMS that comes back, seldom enough for one that does not. */
const RETRY_AFTER_S = 5;

/** What a call gets that needs a key which cannot be had now: nothing is written in the clear instead. */
export function keysUnavailable(detail: string, cause?: unknown): HeedError {
  return new HeedError({ kind: 'unavailable', code: 'keys_unavailable', detail, retryAfterSeconds: RETRY_AFTER_S, cause });
}

/** No such database, schema or table, no login, no right: the migration job has not run, or somebody has closed it. */
const NOT_LET_IN = /^(28...|3D000|3F000|42P01|42501|55000)$/;

/** Runs what needs the keys database or the provider; says so by one code where either is away. */
export async function asKeysUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isHeedError(error) && error.code === 'kek_unavailable') throw keysUnavailable('The provider of key-encryption keys does not answer; try again.', error);
    if (isHeedError(error) && (error.code === 'kek_missing' || error.code === 'kek_refused')) throw keysUnavailable('The keys of this tenant cannot be opened: its key-encryption key is missing or another.', error);
    if (isTransientPgError(error) || NOT_LET_IN.test(sqlState(error) ?? '')) throw keysUnavailable('The keys database does not answer; try again.', error);
    throw error;
  }
}
