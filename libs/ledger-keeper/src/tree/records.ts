import type { LedgerRecord } from '@heed/ledger';

/** A row of `ledger_entry`. */
export interface EntryRow {
  readonly id: string;
  readonly kind: string;
  readonly subject_ref: string | null;
  readonly data: LedgerRecord['data'];
  readonly recorded_at: Date;
  readonly salt: Buffer;
}

/** The columns that `recordOf` reads. */
export const ENTRY = 'e.id, e.kind, e.subject_ref, e.data, e.recorded_at, e.salt';

/** The record as it is hashed and told. */
export function recordOf(row: EntryRow): LedgerRecord {
  return {
    id: row.id,
    kind: row.kind,
    at: row.recorded_at.toISOString(),
    ...(row.subject_ref === null ? {} : { ref: row.subject_ref }),
    data: row.data,
    salt: row.salt.toString('base64url'),
  };
}
