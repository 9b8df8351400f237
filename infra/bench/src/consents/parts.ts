import type { ConsentCell } from './consent-cell.js';
import { TENANT } from './consent-cell.js';

/** Records after which the service begins a new part of a register; the consent service's own number. */
export const PART_RECORDS = 5_000_000;
/** A part takes three steps. */
const TRIES = 20;

/**
 * Begins a part in the middle of filling, where a register that had grown over the years would have begun it. What the service wrote by itself
 * meanwhile is younger than all that is filled in, and goes to the new part.
 */
export async function beginPart(cell: ConsentCell, bound: string): Promise<void> {
  const [part] = await cell.sql<{ name: string; owner: string; lower: string; next: string }>(
    `SELECT c.relname AS name, c.relowner::regrole::text AS owner, substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \\((.*)\\) TO') AS lower, 'consent_record_p' || substring(c.relname FROM '[0-9]+$')::int + 1 AS next
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'consent_record'::regclass AND pg_get_expr(c.relpartbound, c.oid) LIKE '%TO (MAXVALUE)'`,
  );
  if (!part) throw new Error('a register without a last part');
  await cell.sql(`BEGIN;
    SET LOCAL ROLE ${part.owner};
    ALTER TABLE consent_record DETACH PARTITION ${part.name};
    CREATE TABLE ${part.next} PARTITION OF consent_record FOR VALUES FROM ('${bound}') TO (MAXVALUE);
    WITH younger AS (DELETE FROM ${part.name} WHERE id >= '${bound}' RETURNING *) INSERT INTO consent_record SELECT * FROM younger;
    ALTER TABLE consent_record ATTACH PARTITION ${part.name} FOR VALUES FROM (${part.lower}) TO ('${bound}');
    REVOKE ALL ON ${part.next} FROM "heed_consent_t_${TENANT}";
    COMMIT`);
}

/** What the service's job would do within a minute, and then not in the middle of a figure. */
export async function growRegister(cell: ConsentCell, most: number): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    // The service's own job may be at it: whoever comes second waits for a lock, and not for long.
    const [row] = await cell.sql<{ state: string }>('SELECT register_grow($1, now()) AS state', [most]).catch(() => []);
    if (row?.state === 'open' || row?.state === 'put off') return;
  }
}

/** Parts and what is in them, as the planner believes. */
export async function partsOf(cell: ConsentCell): Promise<string> {
  const rows = await cell.sql<{ name: string; records: string }>(
    `SELECT c.relname AS name, greatest(c.reltuples, 0)::bigint AS records FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'consent_record'::regclass ORDER BY c.oid`,
  );
  return rows.map(({ name, records }) => `${name.replace(/^consent_record_/, '')} about ${records}`).join(', ');
}
