import type { ConsentCell } from './consent-cell.js';

export interface Statement {
  readonly text: string;
  readonly calls: number;
  readonly rows: number;
  readonly totalMs: number;
  readonly meanMs: number;
  /** Pages that it found in memory or read. */
  readonly pages: number;
}

/** Counts statements of the whole server anew. */
export async function countStatements(cell: ConsentCell): Promise<void> {
  await cell.sql('CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public');
  await cell.sql('SELECT public.pg_stat_statements_reset()');
}

/** The statements since then, those that took longest together first. The bench's own run as superuser and are left out. */
export async function statements(cell: ConsentCell): Promise<readonly Statement[]> {
  const rows = await cell.sql<{ text: string; calls: string; rows: string; total: number; pages: string }>(
    `SELECT regexp_replace(s.query, '\\s+', ' ', 'g') AS text, sum(s.calls) AS calls, sum(s.rows) AS rows, sum(s.total_exec_time) AS total,
            sum(s.shared_blks_hit + s.shared_blks_read) AS pages
       FROM public.pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname <> 'postgres' GROUP BY 1 ORDER BY total DESC`,
  );
  return rows.map(({ text, total, ...row }) => {
    const calls = Number(row.calls);
    return { text, calls, rows: Number(row.rows), totalMs: total, meanMs: total / calls, pages: Number(row.pages) };
  });
}
