import { HeedError, isHeedError, unavailable } from '@heed/kernel';

interface DatabaseError {
  readonly code: string;
  readonly table?: string;
  readonly constraint?: string;
}

/**
 * Connection lost, too many connections, server going down or starting, deadlock, serialization, lock timeout, disk
 * full, read-only standby: all pass without anybody changing the work.
 */
const TRANSIENT = /^(08|53|57P|40|55P03|57014|58|25006)/;

/**
 * What an error of the store means for the work at hand.
 * @param mapped foreign keys of the map, as `table|constraint`: when one of those is violated, somebody inserted a child
 * row between our two statements, and the next try sees it.
 */
export function storeError(error: unknown, mapped: ReadonlySet<string>): HeedError {
  if (isHeedError(error)) return error;
  if (!isDatabaseError(error)) return unavailable('store_unavailable', 'The store cannot be reached.', error);
  if (TRANSIENT.test(error.code)) return unavailable('store_unavailable', `The store did not finish (${error.code}).`, error);
  const conflict = (code: string, detail: string): HeedError => new HeedError({ kind: 'conflict', code, detail, cause: error });
  const place = [error.table, error.constraint].filter(Boolean).join('.') || 'unnamed';
  switch (error.code) {
    case '23503':
      return mapped.has(`${error.table}|${error.constraint}`)
        ? unavailable('row_added', 'A row was added while its parent was erased.', error)
        : conflict('foreign_key_unmapped', `Rows of a table outside the data map still refer to the person: ${place}.`);
    case '42501':
      return conflict('grant_missing', 'The agent lacks a grant in the store; see the list of required grants.');
    case '42P01':
    case '42703':
    case '3F000':
      return conflict('map_mismatch', 'The data map names a table or column that the store does not have.');
    default:
      return conflict('store_refused', `The store refused the change (${error.code}, ${place}).`);
  }
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code);
}
