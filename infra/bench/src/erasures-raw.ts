import type { Heed, Population } from '@heed/e2e';
import pg from 'pg';
import type { Processor } from './processor.js';

const BATCH = 100;

const CRM = [
  'DELETE FROM messages WHERE ticket_id IN (SELECT t.id FROM tickets t JOIN people p ON p.id = t.person_id WHERE lower(p.email) = ANY($1))',
  'DELETE FROM tickets WHERE person_id IN (SELECT id FROM people WHERE lower(email) = ANY($1))',
  'DELETE FROM orders WHERE person_id IN (SELECT id FROM people WHERE lower(email) = ANY($1))',
  'DELETE FROM people WHERE lower(email) = ANY($1)',
];
const TELEMETRY = [
  'DELETE FROM events WHERE user_id IN (SELECT user_id FROM profiles WHERE lower(email) = ANY($1))',
  'DELETE FROM profiles WHERE lower(email) = ANY($1)',
];

/**
 * The raw limit: the same people erased from the same stores by somebody who knows the tables, in the agent's batches,
 * and looked for once more, with nothing of Heed in between: no case, clearance, envelope, journal, signature or mail.
 * @returns erasures a second
 */
export async function erasuresRaw(heed: Heed, people: Population, processor: Processor): Promise<number> {
  const begin = performance.now();
  await Promise.all([
    deleteRows(heed, `crm_${people.tenant}`, CRM, 'SELECT 1 FROM people WHERE lower(email) = ANY($1)', people.emails),
    deleteRows(heed, `telemetry_${people.tenant}`, TELEMETRY, 'SELECT 1 FROM profiles WHERE lower(email) = ANY($1)', people.emails),
    processor.erase(people.emails),
  ]);
  return people.emails.length / ((performance.now() - begin) / 1000);
}

async function deleteRows(heed: Heed, database: string, deletes: readonly string[], look: string, emails: readonly string[]): Promise<void> {
  const url = new URL(heed.system.context.postgresUrl);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    for (let from = 0; from < emails.length; from += BATCH) {
      const batch = emails.slice(from, from + BATCH);
      await client.query('BEGIN');
      for (const text of deletes) await client.query({ name: text.slice(0, 40), text, values: [batch] });
      await client.query('COMMIT');
      if ((await client.query({ name: look, text: look, values: [batch] })).rowCount !== 0) throw new Error(`${database} still knows somebody`);
    }
  } finally {
    await client.end();
  }
}
