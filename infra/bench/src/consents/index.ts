import { ConsentCell, TENANT } from './consent-cell.js';
import { fill } from './fill.js';
import type { Filled } from './fill.js';
import { hotCalls } from './hot-calls.js';
import { FLAT, measure } from './measure.js';
import { memory } from './memory.js';
import { growRegister, PART_RECORDS } from './parts.js';
import { People, PURPOSES } from './people.js';
import { plans } from './plans.js';
import { Report, rounded } from './report.js';
import type { Say } from './report.js';
import { uploadRate } from './upload-rate.js';

/** Nearly nothing, and somebody to ask for. */
const FIRST_RECORDS = 10_000;
const MANY_LINES = 1_000_000;
const RATE_LINES = 10_000;
const RESULTS = 'test-results/bench-consents.json';

/**
 * `npm run bench consents [RECORDS] [LINES] [PART]`: the consent service alone on a register of 10,000 records, of a tenth of RECORDS, and of all of
 * them; then the memory of uploads. @param part records of a part of the register; only to try the bench on a small one
 */
export async function consentsBench(records: number, lines: number | undefined, part: number | undefined, print: Say): Promise<void> {
  const report = new Report(print);
  const { say } = report;
  const most = part ?? PART_RECORDS;
  const cell = await ConsentCell.start();
  try {
    const people = new People(records / PURPOSES.length);
    const first = Math.min(FIRST_RECORDS, records);
    let from = 0;
    for (const size of new Set([first, Math.max(records / 10, first), records])) {
      const isFull = await report.phase(`fill up to ${size}`, async () => {
        for (const filled of await fill(cell, people, from, size, most)) say(inWords(filled));
        if (size === records) await growRegister(cell, most);
      });
      if (!isFull) break;
      from = size;
      await report.phase(`figures at ${size}`, () => measure(cell, size, records, report));
    }
    await report.phase('EXPLAIN', async () => plans(cell, await hotCalls(cell, from / PURPOSES.length), say));
    await report.phase('sizes', () => sizes(cell, report));
    await report.phase('memory', async () => {
      const { seconds } = await uploadRate(cell, RATE_LINES, `rate-${Date.now()}`, PURPOSES);
      await memory(cell, lines ?? MANY_LINES, RATE_LINES / seconds, report);
    });
  } finally {
    report.closingTable(FLAT);
    await report.write(RESULTS);
    await cell.stop();
  }
}

const inWords = ({ table, rows, seconds }: Filled): string => `${/^[a-z]/.test(table) ? 'COPY ' : ''}${table}: ${rows} rows in ${rounded(seconds, 1)} s, ${rounded(rows / Math.max(seconds, 0.001))}/s`;

async function sizes(cell: ConsentCell, report: Report): Promise<void> {
  const rows = await cell.sql<{ name: string; rows: string; heap: string; indexes: string }>(
    `SELECT relname AS name, reltuples::bigint AS rows, pg_size_pretty(pg_relation_size(oid)) AS heap, pg_size_pretty(pg_indexes_size(oid)) AS indexes
       FROM pg_class WHERE relnamespace = 't_${TENANT}'::regnamespace AND relkind = 'r' ORDER BY pg_total_relation_size(oid) DESC LIMIT 10`,
  );
  report.keep('tables', rows);
  for (const row of rows) report.say(`table ${row.name}: about ${row.rows} rows, ${row.heap} and ${row.indexes} of indexes`);
}
