import { keySchema } from '@heed/key-store';
import type { ConsentCell } from './consent-cell.js';
import { TENANT } from './consent-cell.js';
import { copy, inChunks } from './copy.js';
import { filledIdentifiers } from './filled-identifiers.js';
import { beginPart, PART_RECORDS } from './parts.js';
import type { People } from './people.js';
import { PURPOSES, refOf } from './people.js';

export interface Filled {
  readonly table: string;
  readonly rows: number;
  readonly seconds: number;
}

/** For as long as rows come in by the million: nothing of it is worth keeping through a crash, and vacuuming comes once, after it. */
const FILLING = ['fsync = off', 'full_page_writes = off', 'autovacuum = off'];

/** Adds people until there are `records` records, in the parts that a register of that size has. @param most records of a part */
export async function fill(cell: ConsentCell, people: People, from: number, records: number, most = PART_RECORDS): Promise<readonly Filled[]> {
  await cell.configure(FILLING);
  const filled: Filled[] = [];
  try {
    for (let first = from; first < records;) {
      if (first > from && first % most === 0) await beginPart(cell, people.idOf(first / PURPOSES.length, 0));
      const last = Math.min(records, (Math.floor(first / most) + 1) * most);
      filled.push(...(await copyAll(cell, people, first / PURPOSES.length, last / PURPOSES.length)));
      first = last;
    }
    filled.push(await timed('VACUUM (ANALYZE) of all', records - from, () => vacuum(cell)));
  } finally {
    await cell.configure([]);
  }
  filled.push(await timed('CHECKPOINT', records - from, () => cell.settleDisk()));
  return filled;
}

/** Three at a time: what is left of two cores, while one writes its index another is made. */
async function copyAll(cell: ConsentCell, people: People, first: number, last: number): Promise<readonly Filled[]> {
  const id = (n: number, i: number): string => people.idOf(n, i);
  const time = (n: number): string => people.timeOf(n);
  const each = (row: (n: number) => string): Iterable<string> => inChunks(first, last, row);
  const into = (table: string, columns: string, rows: AsyncIterable<string> | Iterable<string>, per = 1): Promise<Filled> =>
    timed(table, (last - first) * per, () => copy(cell.adminUrl, `t_${TENANT}.${table}`, columns, rows));
  const identifiers = filledIdentifiers(cell.vault(), people, first, last);
  const filled = await Promise.all([
    into('subject', 'ref, version, created_at', each((n) => `${refOf(n)}\t2\t${time(n)}\n`)).then(async (subjects) => [
      subjects,
      await into(
        'consent_state', 'ref, purpose, state, record_id, occurred_at',
        each((n) => PURPOSES.map((purpose, i) => `${refOf(n)}\t${purpose}\tgiven\t${id(n, i)}\t${time(n)}\n`).join('')), PURPOSES.length,
      ),
    ]),
    into(
      'consent_record', 'id, ref, version, purpose, state, took_effect, policy_version, method, actor, occurred_at, recorded_at, basis',
      each((n) => PURPOSES.map((purpose, i) => `${id(n, i)}\t${refOf(n)}\t${i + 1}\t${purpose}\tgiven\tt\t1\timport\tbench\t${time(n)}\t${time(n)}\tconsent\n`).join('')), PURPOSES.length,
    ),
    into('identifier', 'type, blind, ref, sealed, created_at', identifiers.rows()),
    timed('data_key (keys database)', last - first, () => copy(cell.keysAdminUrl, `${keySchema('consent')}.data_key`, 'tenant, id, epoch, wrapped', each(identifiers.keyRow))),
  ]);
  return filled.flat();
}

/** Now instead of by autovacuum in the middle of a figure; and the planner knows the size. */
async function vacuum(cell: ConsentCell): Promise<void> {
  const parts = cell.sql(`VACUUM (ANALYZE) consent_record`);
  const others = (async () => {
    for (const table of ['consent_state', 'identifier', 'subject']) await cell.sql(`VACUUM (ANALYZE) ${table}`);
    await cell.keysSql(`VACUUM (ANALYZE) ${keySchema('consent')}.data_key`);
  })();
  await Promise.all([parts, others]);
}

async function timed(table: string, rows: number, work: () => Promise<void>): Promise<Filled> {
  const begin = performance.now();
  await work();
  return { table, rows, seconds: (performance.now() - begin) / 1000 };
}
