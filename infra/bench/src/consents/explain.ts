import type { ConsentCell } from './consent-cell.js';
import { refOf } from './fill.js';

/** The statements in which one person is read, as the service sends them, with what they touched. */
export async function explained(cell: ConsentCell, person: number): Promise<readonly string[]> {
  const ref = refOf(person);
  const [identifier] = await cell.sql<{ type: string; blind: Buffer }>('SELECT type, blind FROM identifier WHERE ref = $1', [ref]);
  const statements: readonly (readonly [name: string, text: string, values: readonly unknown[]])[] = [
    ['history page', 'SELECT * FROM consent_record WHERE ref = $1 AND id < $2 ORDER BY id DESC LIMIT $3', [ref, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51]],
    [
      'check: who', 'SELECT h.epoch, type, blind, ref FROM blind_index h LEFT JOIN (identifier JOIN unnest($1::text[], $2::bytea[]) AS w(type, blind) USING (type, blind)) ON true',
      [[identifier?.type], [identifier?.blind]],
    ],
    ['check: what', 'SELECT ref, purpose, domain, state, record_id, occurred_at, valid_until FROM consent_state WHERE ref = ANY($1)', [[ref]]],
  ];
  const lines: string[] = [];
  for (const [name, text, values] of statements) {
    const rows = await cell.sql<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${text}`, values);
    lines.push(`  ${name}:`, ...rows.map((row) => `    ${row['QUERY PLAN']}`));
  }
  return lines;
}
