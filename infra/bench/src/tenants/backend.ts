import { quoteIdent, tenantRole, tenantSchema } from '@heed/persistence';
import pg from 'pg';
import type { BenchTenant } from './cell.js';
import { privateBytes } from './measure.js';

/** What a consent write reads and writes, as the service says it: by name, in the tenant's search path, prepared. */
const STATEMENTS = [
  'SELECT ref FROM identifier WHERE type = $1 AND blind = ANY($2::bytea[])',
  'SELECT purpose, state FROM consent_state WHERE ref = ANY($1::text[])',
  'SELECT map_version FROM data_map WHERE active',
  'SELECT version FROM policy_version ORDER BY version DESC LIMIT 1',
  'SELECT key FROM idempotency WHERE key = ANY($1::text[])',
];
const VALUES: readonly (readonly unknown[])[] = [['email', [Buffer.alloc(32)]], [['sub_0']], [], [], [['k']]];

export interface BackendGrowth {
  readonly tenants: number;
  readonly bytes: number;
}

/**
 * One pooled connection that serves every tenant in turn. @returns its private memory after so many tenants, and the
 * milliseconds a transaction took on the first visit and on the second
 */
export async function visitTenants(
  url: string,
  database: string,
  tenants: readonly BenchTenant[],
  marks: readonly number[],
): Promise<{ growth: readonly BackendGrowth[]; firstMs: number; againMs: number }> {
  const client = new pg.Client({ connectionString: url, options: '-c random_page_cost=1.1' });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]?.pid ?? 0;
    const growth: BackendGrowth[] = [];
    const visit = async (tenant: BenchTenant): Promise<number> => {
      const begin = performance.now();
      await client.query(`BEGIN; SET LOCAL ROLE ${quoteIdent(tenantRole(database, tenant.id))}; SET LOCAL search_path = ${quoteIdent(tenantSchema(tenant.id))}`);
      for (const [at, text] of STATEMENTS.entries()) await client.query({ name: `s${at}`, text, values: [...(VALUES[at] ?? [])] });
      await client.query('COMMIT; RESET ROLE; RESET search_path');
      return performance.now() - begin;
    };
    let first = 0;
    let visited = 0;
    const served = tenants.filter((tenant) => tenant.isolation === 'role');
    for (const tenant of served) {
      first += await visit(tenant);
      visited += 1;
      if (marks.includes(visited) || visited === served.length) growth.push({ tenants: visited, bytes: await privateBytes(pid) });
    }
    let again = 0;
    for (const tenant of served) again += await visit(tenant);
    return { growth, firstMs: first / visited, againMs: again / visited };
  } finally {
    await client.end();
  }
}
