import { isHeedError, unavailable } from '@heed/kernel';
import type { Closed, Gate } from '@heed/kernel';
import { rootAt } from '@heed/ledger';
import type { Logger } from '@heed/observability';
import { isNotServed } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import type { LedgerKey } from '../ledger-key.js';
import type { LedgerState, SeenHeads } from '../sequencer/seen-heads.js';
import { readHead, tilesOfTenant } from '../tree/tree.store.js';
import type { CheckpointReader, ToldCheckpoints } from './checkpoint-reader.js';
import { sameServer, serverState } from './server-state.js';
import type { ServerState } from './server-state.js';

export interface LedgerGuardOptions {
  readonly key: LedgerKey;
  readonly seen: SeenHeads;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly checkpoints: Pick<CheckpointReader, 'read'>;
  readonly logger: Logger;
}

/** How long a look waits for Kafka; the reading itself goes on, and a later look finds what it came to. */
const PATIENCE_MS = 2000;
/** Ledgers that a reason names. */
const NAMED = 3;

/**
 * Keeps a service from serving on a database that is older than what it has signed. Kafka has each ledger's newest
 * checkpoint; a ledger that is behind it, or holds something else at its size, was restored: what it does not know any more,
 * withdrawals and erasures among it, would be done no more. `heed recover` brings it back.
 */
export class LedgerGuard implements Gate {
  readonly name = 'ledger';
  private readonly ended = new AbortController();
  private told: ToldCheckpoints | undefined;
  private reading: Promise<void> | undefined;
  private trouble: string | undefined;
  /** What the database was like when all was found to be well. */
  private well: ServerState | undefined;

  constructor(private readonly options: LedgerGuardOptions) {}

  async look(): Promise<Closed | undefined> {
    const server = await serverState(this.options.database);
    const alarmed = this.options.seen.takeAlarms().length > 0;
    if (this.well && !alarmed && sameServer(this.well, server)) {
      this.well = server;
      return undefined;
    }
    // Another database than before, or an older state of it: what Kafka has been told since is to be known first.
    if (this.well) this.told = undefined;
    this.well = undefined;
    const told = await this.newest();
    const behind = await this.behind(told);
    if (behind.length > 0) return { code: 'ledger_behind', reason: this.reason(behind), retryAfterSeconds: 30 };
    this.well = server;
    return undefined;
  }

  async stop(): Promise<void> {
    this.ended.abort();
    await this.reading;
  }

  private async newest(): Promise<ToldCheckpoints> {
    this.reading ??= this.read();
    await Promise.race([this.reading, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref())]);
    if (!this.told) throw unavailable('kafka_unavailable', `Kafka has not told the newest checkpoints yet${this.trouble === undefined ? '' : ` (${this.trouble})`}`);
    return this.told;
  }

  private async read(): Promise<void> {
    try {
      this.told ??= await this.options.checkpoints.read(this.ended.signal);
      this.trouble = undefined;
    } catch (error) {
      const trouble = error instanceof Error ? error.message : 'unknown';
      if (!this.ended.signal.aborted && trouble !== this.trouble) this.options.logger.warn({ err: error }, 'the newest checkpoints cannot be read and are tried again');
      this.trouble = trouble;
    } finally {
      this.reading = undefined;
    }
  }

  /** A sentence about each ledger that is not what it was. */
  private async behind(told: ToldCheckpoints): Promise<readonly string[]> {
    const behind: string[] = [];
    for (const { id } of await this.options.database.listTenants()) {
      const sentence = await this.compare(id, told.get(id)).catch((error: unknown) => {
        if (isNotServed(error)) return undefined; // closed meanwhile
        throw error;
      });
      if (sentence !== undefined) behind.push(sentence);
    }
    return behind;
  }

  private async compare(tenant: string, note: string | undefined): Promise<string | undefined> {
    const { key, seen, unitOfWork } = this.options;
    let signed: LedgerState | undefined;
    try {
      signed = note === undefined ? undefined : key.open(tenant, note);
    } catch (error) {
      return `${tenant} has a checkpoint in Kafka that the key of this service did not sign (${isHeedError(error) ? error.code : 'unreadable'}): put back ledger.json`;
    }
    return unitOfWork.run(tenant, async (tx) => {
      const head = await readHead(tx);
      for (const known of [seen.of(tenant), ...(signed ? [signed] : [])]) {
        if (head.size < known.size) return `${tenant} has ${head.size} records of ${known.size}`;
        const root = await rootAt(known.size, tilesOfTenant(tx));
        if (!root.equals(known.root)) return `${tenant} has others among its first ${known.size} records than were signed`;
      }
      seen.note(tenant, head);
      return undefined;
    });
  }

  private reason(behind: readonly string[]): string {
    const { service } = this.options.key;
    const more = behind.length > NAMED ? `; ${behind.length - NAMED} more tenants alike` : '';
    return `the database of ${service} is older than what it has signed: ${behind.slice(0, NAMED).join('; ')}${more}: run heed recover ${service}`;
  }
}
