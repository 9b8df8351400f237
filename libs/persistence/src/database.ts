import { createHash } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { unavailable } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import pg from 'pg';
import { inTransaction } from './migration/apply-files.js';
import { tenantRole } from './names.js';
import { TenantList } from './tenant-list.js';
import type { TenantRow } from './tenant-list.js';
import { readLogins } from './tenants.js';
import type { Tenant } from './tenants.js';

export interface DatabaseOptions {
  /** URL of the service's login role. */
  readonly url: string;
  readonly keysDir: string;
  readonly clock: Clock;
  readonly poolSize?: number;
  /** Pool of a tenant that has its own login. */
  readonly tenantPoolSize?: number;
  /** How the server has to prove itself; undefined is plain text. Read at every connection, see `databaseTls`. */
  readonly ssl?: ConnectionOptions | undefined;
}

/** Rows of one statement. */
export type Rows<R> = readonly R[];

/** The pools of one service: its own login, and one small pool for each tenant with `isolation: login`. */
export class Database {
  readonly name: string;
  readonly clock: Clock;
  private readonly pool: pg.Pool;
  private readonly ownPools = new Map<string, pg.Pool>();
  private readonly tenants = new TenantList(
    () => this.query<TenantRow>('SELECT id, isolation, state FROM heed.tenant'),
    (id) => this.endOwnPool(id),
  );

  constructor(private readonly options: DatabaseOptions) {
    this.name = new URL(options.url).pathname.slice(1);
    this.clock = options.clock;
    this.pool = makePool(options.url, options.poolSize ?? 10, options.ssl);
  }

  /** The same with one connection of its own: for what is asked while those who wait for the answer may hold all others. Close it. */
  aside(): Database {
    return new Database({ ...this.options, poolSize: 1 });
  }

  /** A statement on the shared tables, as the service's login, outside any tenant. */
  async query<R extends object>(text: string, values: readonly unknown[] = []): Promise<Rows<R>> {
    return rowsOf<R>(this.pool, text, values);
  }

  /** A connection for what needs a session: LISTEN, advisory locks. Release it. */
  async connect(): Promise<pg.PoolClient> {
    return this.pool.connect();
  }

  /** Several statements on the shared tables, as the service's login, outside any tenant: all of them, or none. */
  async transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.connect();
    try {
      return await inTransaction(client, () => work(client));
    } finally {
      client.release();
    }
  }

  /** The tenants that are served here; at most a second old, so that a new tenant needs no restart. */
  async listTenants(): Promise<readonly Tenant[]> {
    return this.tenants.all();
  }

  async findTenant(id: string): Promise<Tenant | undefined> {
    return this.tenants.find(id);
  }

  /** True for a tenant that was closed or dropped, as far as the list that was read last tells. */
  isGone(id: string): boolean {
    return this.tenants.isGone(id);
  }

  /** The pool whose connections may enter the tenant, and the role to take on there. */
  async poolFor(tenant: Tenant): Promise<{ pool: pg.Pool; role: string | undefined }> {
    const role = tenantRole(this.name, tenant.id);
    if (tenant.isolation === 'role') return { pool: this.pool, role };
    let own = this.ownPools.get(tenant.id);
    if (!own) {
      const password = (await readLogins(this.options.keysDir, this.name))[tenant.id];
      if (!password) throw unavailable('tenant_login_missing', `Tenant ${tenant.id} has no login yet; run the migration job.`);
      const url = new URL(this.options.url);
      url.username = encodeURIComponent(role);
      url.password = encodeURIComponent(password);
      own = this.ownPools.get(tenant.id) ?? makePool(url.toString(), this.options.tenantPoolSize ?? 4, this.options.ssl);
      this.ownPools.set(tenant.id, own);
    }
    return { pool: own, role: undefined };
  }

  /** A closed tenant's login is dropped when its last session is over. */
  private endOwnPool(id: string): void {
    const own = this.ownPools.get(id);
    this.ownPools.delete(id);
    own?.end().catch(() => undefined);
  }

  async close(): Promise<void> {
    await Promise.all([this.pool, ...this.ownPools.values()].map((pool) => pool.end()));
  }
}

/**
 * Disks of today read any page as fast as the next one. With the default (4), a batch of a hundred keys reads whole tables
 * of some thousand rows instead of their indexes, and a prepared statement keeps doing so while they grow.
 */
const PLANNER = '-c random_page_cost=1.1';

/** Encrypted connections are made anew this often: none outlives for long the TLS version that was enough when it was made. */
const ENCRYPTED_LIFETIME_S = 900;

function makePool(url: string, max: number, ssl: ConnectionOptions | undefined): pg.Pool {
  const secure = ssl ? { ssl, maxLifetimeSeconds: ENCRYPTED_LIFETIME_S } : {};
  const pool = new pg.Pool({ connectionString: url, max, idleTimeoutMillis: 30_000, connectionTimeoutMillis: 10_000, options: PLANNER, ...secure });
  pool.on('error', () => undefined); // an idle connection broke; the next use opens a new one
  // One that is checked out and between two statements tells nobody else: without a listener the process would end.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

const names = new Map<string, string>();
/** Statements are prepared under a name made from their text: planned once a connection. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (!name) {
    name = createHash('sha1').update(text).digest('base64url').slice(0, 16);
    names.set(text, name);
  }
  return name;
}

export async function rowsOf<R extends object>(on: pg.Pool | pg.PoolClient, text: string, values: readonly unknown[]): Promise<Rows<R>> {
  const result = await on.query<R>({ name: nameOf(text), text, values: [...values] });
  return result.rows;
}
