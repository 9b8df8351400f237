import type pg from 'pg';
import { ownerRole, quoteIdent, quoteLiteral } from '../names.js';

/** Days a handled event is remembered: topic retention (7 d) plus the dead-letter window (14 d), and some. */
const INBOX_DAYS = 30;

/** Makes the coming days' partitions and drops those past the window. */
export async function createInboxDays(client: pg.Client, database: string, today = new Date()): Promise<void> {
  const owner = quoteIdent(ownerRole(database));
  const day = (offset: number): string => new Date(today.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
  const partition = (offset: number): string => `inbox_${day(offset).replaceAll('-', '')}`;
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'heed'::regnamespace AND relname ~ '^inbox_[0-9]{8}$' AND relkind = 'r'`,
  );
  const existing = new Set(rows.map(({ name }) => name));
  for (let offset = -1; offset <= INBOX_DAYS; offset += 1) {
    if (existing.has(partition(offset))) continue;
    const name = quoteIdent(partition(offset));
    // Where this job has not run for long, the day's rows lie in the default partition and move over.
    const range = `day >= ${quoteLiteral(day(offset))} AND day < ${quoteLiteral(day(offset + 1))}`;
    await client.query(`
      BEGIN;
      LOCK TABLE heed.inbox_rest IN ACCESS EXCLUSIVE MODE;
      CREATE TABLE heed.${name} (LIKE heed.inbox INCLUDING ALL);
      ALTER TABLE heed.${name} OWNER TO ${owner};
      WITH moved AS (DELETE FROM heed.inbox_rest WHERE ${range} RETURNING *) INSERT INTO heed.${name} SELECT * FROM moved;
      ALTER TABLE heed.inbox ATTACH PARTITION heed.${name} FOR VALUES FROM (${quoteLiteral(day(offset))}) TO (${quoteLiteral(day(offset + 1))});
      COMMIT`);
  }
  for (const name of existing) if (name < partition(-INBOX_DAYS)) await client.query(`DROP TABLE heed.${quoteIdent(name)}`);
  await client.query(`DELETE FROM heed.inbox_rest WHERE day < $1`, [day(-INBOX_DAYS)]);
}
