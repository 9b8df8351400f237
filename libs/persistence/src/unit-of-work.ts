import { HeedError, unavailable, uuidv7 } from '@heed/kernel';
import type { Cause, Clock } from '@heed/kernel';
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { rowsOf } from './database.js';
import type { Database, Rows } from './database.js';
import { quoteIdent, tenantSchema } from './names.js';
import { pack } from './outbox-row.js';
import { isTransientPgError } from './pg-errors.js';

/** What will become a leaf of the tenant's ledger. Metadata and refs only, never personal data. */
export interface LedgerEntry {
  readonly kind: string;
  readonly ref?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface PendingRow {
  readonly lane: number;
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null takes the key off a compacted topic. */
  readonly value: string | null;
}

/** One transaction inside one tenant: the only way to write. */
export interface Tx {
  readonly tenant: string;
  readonly clock: Clock;
  /** The call or event this transaction answers. */
  readonly cause: Cause | undefined;
  query<R extends object>(text: string, values?: readonly unknown[]): Promise<Rows<R>>;
  /**
   * Writes a ledger row with the transaction.
   * @returns its id, by which evidence of it is found once it is in the tree
   * @throws Error where the metadata is larger than any metadata is, or the ref is none
   */
  record(entry: LedgerEntry): string;
  /** Used by the outbox alone: rows that are inserted just before commit. */
  enqueue(rows: readonly PendingRow[]): void;
  /** Runs after a successful commit; must not throw. */
  afterCommit(then: () => void): void;
}

export interface RunOptions {
  readonly cause?: Cause | undefined;
  /** Events handled by this transaction, for a consumer's deduplication. */
  readonly inbox?: { readonly consumer: string; readonly keys: readonly { readonly key: string; readonly day: string }[] };
}

export class UnitOfWork {
  /** @param recorded told after a commit that has written to a tenant's ledger; must not throw */
  constructor(
    private readonly database: Database,
    private readonly recorded: (tenant: string) => void = () => undefined,
  ) {}

  /**
   * Opens a transaction, enters the tenant in the same round trip, runs the work and commits. Everything that was
   * appended or recorded is inserted with it, in one statement each.
   * @throws HeedError `tenant_unknown`, `tenant_closed` where it was served once, or kind `unavailable` when PostgreSQL is away.
   * @example await unitOfWork.run('ajuni', async (tx) => { await tx.query('…'); append([event], tx); })
   */
  async run<T>(tenantId: string, work: (tx: Tx) => Promise<T>, options: RunOptions = {}): Promise<T> {
    const tenant = await this.database.findTenant(tenantId).catch(rethrow);
    if (!tenant) throw notServed(this.database.isGone(tenantId));
    const { pool, role } = await this.database.poolFor(tenant);
    const client = await pool.connect().catch(rethrow);
    const transaction = new PgTx(client, tenantId, this.database.clock, options.cause);
    let broken: Error | undefined;
    try {
      const enter = role ? `SET LOCAL ROLE ${quoteIdent(role)}; ` : '';
      await client.query(`BEGIN; ${enter}SET LOCAL search_path = ${quoteIdent(tenantSchema(tenantId))}`);
      const result = await work(transaction);
      await transaction.flush(options.inbox);
      const [committed] = await statements(client, `COMMIT; ${LEAVE}`);
      // PostgreSQL answers ROLLBACK, without an error, where a statement had failed and the work went on.
      if (committed?.command !== 'COMMIT') throw new Error('the transaction had failed and was rolled back');
      transaction.committed();
      if (transaction.hasRecorded) this.recorded(tenantId);
      return result;
    } catch (error) {
      await client.query(`ROLLBACK; ${LEAVE}`).catch((failure: Error) => (broken = failure));
      return rethrow(error);
    } finally {
      transaction.end();
      client.release(broken);
    }
  }
}

/** With the end of the transaction, in its round trip: what a SET without LOCAL would leave on the pooled connection. */
const LEAVE = 'RESET ROLE; RESET search_path';

/** The results of several statements in one text: pg's types know of one only. */
async function statements(client: pg.PoolClient, text: string): Promise<readonly pg.QueryResult[]> {
  const results: unknown = await client.query(text);
  return results as readonly pg.QueryResult[];
}

/** What every call of a tenant gets once its drop has begun. */
export const tenantClosed = (): HeedError =>
  new HeedError({ kind: 'forbidden', code: 'tenant_closed', detail: 'This tenant was closed and is not served any more.' });

/** Whether there is nobody left for whom the work could mean something: a job passes over such a tenant and goes on with the next. */
export const isTenantClosed = (error: unknown): boolean => error instanceof HeedError && error.code === 'tenant_closed';

/** Whether the tenant is not served here: closed, or never heard of. */
export const isNotServed = (error: unknown): boolean => isTenantClosed(error) || (error instanceof HeedError && error.code === 'tenant_unknown');

function notServed(gone: boolean): HeedError {
  if (gone) return tenantClosed();
  return new HeedError({ kind: 'forbidden', code: 'tenant_unknown', detail: 'This tenant is not served here.' });
}

function rethrow(error: unknown): never {
  if (isTransientPgError(error)) throw unavailable('database_unavailable', 'The database is not answering; try again.', error);
  throw error;
}

/** Characters of JSON; a batch of records still fits into a Kafka record. */
const MAX_METADATA = 100_000;
const SALT_BYTES = 16;
const REF = /^sub_[0-9a-f]{32}$/;

class PgTx implements Tx {
  private readonly entries: { readonly id: string; readonly kind: string; readonly ref: string | null; readonly data: string }[] = [];
  private readonly rows: PendingRow[] = [];
  private readonly hooks: (() => void)[] = [];
  private open = true;

  constructor(
    private readonly client: pg.PoolClient,
    readonly tenant: string,
    readonly clock: Clock,
    readonly cause: Cause | undefined,
  ) {}

  async query<R extends object>(text: string, values: readonly unknown[] = []): Promise<Rows<R>> {
    if (!this.open) throw new Error('the transaction is over: a query was not awaited');
    return rowsOf<R>(this.client, text, values);
  }

  record({ kind, ref, data }: LedgerEntry): string {
    const text = JSON.stringify(data);
    if (ref !== undefined && !REF.test(ref)) throw new Error(`the ledger knows people by their ref: ${kind} names somebody otherwise`);
    if (text.length > MAX_METADATA) throw new Error(`the ledger keeps metadata: ${kind} has ${text.length} characters of it`);
    const id = uuidv7(this.clock.now());
    this.entries.push({ id, kind, ref: ref ?? null, data: text });
    return id;
  }

  enqueue(rows: readonly PendingRow[]): void {
    this.rows.push(...rows);
  }

  afterCommit(then: () => void): void {
    this.hooks.push(then);
  }

  async flush(inbox: RunOptions['inbox']): Promise<void> {
    if (this.entries.length > 0) {
      await this.query(
        `INSERT INTO ledger_entry (id, kind, subject_ref, data, recorded_at, salt)
         SELECT i, k, r, d::jsonb, $5, s FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $6::bytea[]) AS e(i, k, r, d, s)`,
        [
          this.entries.map((e) => e.id),
          this.entries.map((e) => e.kind),
          this.entries.map((e) => e.ref),
          this.entries.map((e) => e.data),
          this.clock.now(),
          this.entries.map(() => randomBytes(SALT_BYTES)),
        ],
      );
    }
    if (this.rows.length > 0) {
      const rows = pack(this.rows);
      await this.query(
        `INSERT INTO heed.outbox (lane, topic, key, headers, value, packed)
         SELECT l, t, k, h::jsonb, v, p FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[]) AS o(l, t, k, h, v, p)`,
        [
          rows.map((r) => r.lane),
          rows.map((r) => r.topic),
          rows.map((r) => r.key),
          rows.map((r) => JSON.stringify(r.headers)),
          rows.map((r) => r.value),
          rows.map((r) => r.packed),
        ],
      );
    }
    if (inbox && inbox.keys.length > 0) {
      await this.query(
        `INSERT INTO heed.inbox (day, consumer, event_key) SELECT d, $1, k FROM unnest($2::date[], $3::text[]) AS i(d, k)`,
        [inbox.consumer, inbox.keys.map((k) => k.day), inbox.keys.map((k) => k.key)],
      );
    }
  }

  get hasRecorded(): boolean {
    return this.entries.length > 0;
  }

  committed(): void {
    for (const hook of this.hooks) hook();
  }

  end(): void {
    this.open = false;
  }
}
