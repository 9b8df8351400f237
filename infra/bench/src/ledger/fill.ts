import { uuidv7 } from '@heed/kernel';
import { randomBytes } from 'node:crypto';
import type { BenchLedger } from './bench-ledger.js';
import { TENANT } from './bench-ledger.js';

const AT_ONCE = 500;

interface Row {
  readonly id: string;
  readonly ref: string;
  readonly data: string;
  readonly salt: Buffer;
}

const row = (): Row => ({
  id: uuidv7(),
  ref: `sub_${randomBytes(16).toString('hex')}`,
  data: JSON.stringify({ version: 1, purposes: ['marketing_email'], dispatchId: `con_${uuidv7()}` }),
  salt: randomBytes(16),
});

/**
 * The raw limit: the rows of so many consent decisions by plain inserts of 500 a transaction on one connection, which is how
 * the sequencer reads them again.
 * @returns rows a second
 */
export async function fill({ admin }: BenchLedger, count: number, progress: (done: number) => void): Promise<number> {
  let ms = 0;
  for (let done = 0; done < count; done += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, count - done) }, row);
    const begun = performance.now();
    await admin.query({
      name: 'fill',
      text: `INSERT INTO t_${TENANT}.ledger_entry (id, kind, subject_ref, data, recorded_at, salt)
             SELECT i, 'consent.given', r, d::jsonb, now(), s FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) AS e(i, r, d, s)`,
      values: [rows.map(({ id }) => id), rows.map(({ ref }) => ref), rows.map(({ data }) => data), rows.map(({ salt }) => salt)],
    });
    ms += performance.now() - begun;
    progress(done);
  }
  await admin.query(`ANALYZE t_${TENANT}.ledger_entry`);
  return count / (ms / 1000);
}
