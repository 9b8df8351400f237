import { isTransientPgError, sqlState } from '../pg-errors.js';
import type { Database } from '../database.js';
import { filesOf } from './migration-files.js';
import type { MigrationSet } from './migration-files.js';

/** No such schema, table or column, or no right to read it: the job that makes them has not run. */
const NOT_MADE: readonly (string | undefined)[] = ['3F000', '42P01', '42703', '42501'];
/** The database itself, or the service's login, is not made yet. */
const NO_DATABASE: readonly (string | undefined)[] = ['3D000', '28P01', '28000'];

/**
 * Compares the migrations that a service ships with what its database says was applied. What only takes away (contract) is
 * not missed, and a database that is ahead is fine: that is how versions follow each other without a pause.
 */
export class SchemaCheck {
  private readonly shared: readonly string[];
  private readonly perTenant: readonly string[];

  constructor(
    private readonly database: Database,
    sets: readonly MigrationSet[],
  ) {
    const expand = (scope: MigrationSet['scope']): string[] => filesOf(sets, scope).filter((file) => !file.contract).map((file) => file.name);
    this.shared = expand('service');
    this.perTenant = expand('tenant');
  }

  /**
   * Names what is behind; empty when nothing is.
   * @throws where the database does not answer, which says nothing about its schema
   */
  async behind(): Promise<readonly string[]> {
    try {
      const shared = await this.database.query<{ name: string }>(`SELECT set || '/' || file AS name FROM heed.migration`);
      const known = new Set(shared.map(({ name }) => name));
      const missing = this.shared.filter((name) => !known.has(name));
      if (missing.length > 0) return [`shared tables (${missing.join(', ')})`];
      const [behind] = await this.database.query<{ count: number; some: string[] }>(
        `SELECT count(*)::int AS count, (array_agg(id ORDER BY id))[1:3] AS some FROM heed.tenant WHERE state IN ('active', 'closing') AND NOT applied @> $1`,
        [this.perTenant],
      );
      if (!behind || behind.count === 0) return [];
      return [`${behind.count} ${behind.count === 1 ? 'tenant' : 'tenants'} (${behind.some.join(', ')}${behind.count > 3 ? ', …' : ''})`];
    } catch (error) {
      const state = sqlState(error);
      if (NOT_MADE.includes(state)) return ['shared tables'];
      if (NO_DATABASE.includes(state) && !isTransientPgError(error)) return ['database'];
      throw error;
    }
  }
}
