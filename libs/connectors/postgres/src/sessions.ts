import type { Connection } from '@heed/connector-spi';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { storeError } from './errors.js';
import type { Queryable } from './sql.js';

export interface SessionOptions {
  readonly url: string;
  readonly ssl?: ConnectionOptions | undefined;
  readonly applicationName: string;
  /** Told of every statement sent, so that tests can count them. */
  readonly onStatement?: ((text: string) => void) | undefined;
}

/** A lock that an application holds longer than this is not waited for: the batch is tried again. */
const LOCK_TIMEOUT_MS = 10_000;

/**
 * The connections to a store: one each for urgent work, slow work and verification, so that none waits for another,
 * and two for inbox and acknowledgements.
 */
export class Sessions {
  private readonly pools: Readonly<Record<Connection | 'journal', pg.Pool>>;
  /** Foreign keys inside the map; filled once the catalogue was read. */
  mappedForeignKeys: ReadonlySet<string> = new Set();

  constructor(private readonly options: SessionOptions) {
    this.pools = { urgent: this.pool(1), slow: this.pool(1), verify: this.pool(1), journal: this.pool(2) };
  }

  private pool(max: number): pg.Pool {
    const pool = new pg.Pool({
      connectionString: this.options.url,
      ...(this.options.ssl ? { ssl: this.options.ssl } : {}),
      application_name: this.options.applicationName,
      max,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      // The page cost of today's disks: with the default, a batch of keys reads whole tables instead of their indexes.
      options: `-c lock_timeout=${LOCK_TIMEOUT_MS} -c timezone=UTC -c random_page_cost=1.1`,
    });
    pool.on('error', () => undefined); // an idle connection died; the next query opens another
    return pool;
  }

  async query<R>(text: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    this.options.onStatement?.(text);
    try {
      const result = await this.pools.journal.query(text, [...values]);
      return result.rows as readonly R[];
    } catch (error) {
      throw storeError(error, this.mappedForeignKeys);
    }
  }

  async transaction<T>(connection: Connection, run: (db: Queryable) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.pools[connection].connect();
    } catch (error) {
      throw storeError(error, this.mappedForeignKeys);
    }
    // Without a listener, a connection lost between two queries of a transaction would end the process.
    const lost = (): void => undefined;
    client.on('error', lost);
    let broken: Error | undefined;
    const query = async <R>(text: string, values: readonly unknown[] = []): Promise<readonly R[]> => {
      this.options.onStatement?.(text);
      return (await client.query(text, [...values])).rows as readonly R[];
    };
    try {
      await query('BEGIN');
      const result = await run({ query });
      await query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw storeError(error, this.mappedForeignKeys);
    } finally {
      client.off('error', lost);
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.pools).map((pool) => pool.end()));
  }
}
