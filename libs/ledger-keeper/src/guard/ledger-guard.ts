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
const NOTHING_TOLD: ToldCheckpoints = new Map();
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
  /** Who was behind at the last look: while one of them still is, the others need not be asked again. */
  private known: readonly string[] = [];

  constructor(private readonly options: LedgerGuardOptions) {}

  async look(): Promise<Closed | undefined> {
    const server = await serverState(this.options.database);
    const alarmed = this.options.seen.takeAlarms().length > 0;
    if (this.well && !alarmed && sameServer(this.well, server)) {
      this.well = server;
      return undefined;
    }
    // Another database than before, or an older state of it: what Kafka has been told since is to be known first.
    const wasWell = this.well !== undefined;
    if (wasWell) this.told = undefined;
    this.well = undefined;
    // What this process has seen itself is known without Kafka, which may be slow or away: nothing is served meanwhile on what is older.
    const seenFurther = wasWell ? await this.behind(NOTHING_TOLD) : undefined;
    const closed = seenFurther ?? (await this.closedBy(await this.newest()));
    if (closed) return { ...closed, retryAfterSeconds: 30 };
    this.well = server;
    return undefined;
  }

  private async closedBy(told: ToldCheckpoints): Promise<Closed | undefined> {
    return this.foreign(told) ?? this.behind(told);
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

  /** Whoever cannot tell their own checkpoints cannot tell either whether they are behind. */
  private foreign(told: ToldCheckpoints): Closed | undefined {
    const { service } = this.options.key;
    const tenants = [...told].filter(([tenant, note]) => this.opened(tenant, note) === undefined).map(([tenant]) => tenant);
    if (tenants.length === 0) return undefined;
    return { code: 'ledger_key_unknown', reason: `Kafka has checkpoints that the key of ${service} did not sign (${listed(tenants, ', ')}): put its ledger.json back` };
  }

  private opened(tenant: string, note: string): LedgerState | undefined {
    try {
      return this.options.key.open(tenant, note);
    } catch (error) {
      if (isHeedError(error)) return undefined;
      throw error;
    }
  }

  private async behind(told: ToldCheckpoints): Promise<Closed | undefined> {
    const { database, key } = this.options;
    const tenants = (await database.listTenants()).map(({ id }) => id);
    const still = await this.compareAll(tenants.filter((id) => this.known.includes(id)), told);
    const behind = still.size > 0 ? still : await this.compareAll(tenants, told);
    this.known = [...behind.keys()];
    if (behind.size === 0) return undefined;
    const reason = `the database of ${key.service} is older than what it has signed: ${listed([...behind.values()], '; ')}: run heed recover ${key.service}`;
    return { code: 'ledger_behind', reason };
  }

  /** A sentence on each that is behind. */
  private async compareAll(tenants: readonly string[], told: ToldCheckpoints): Promise<ReadonlyMap<string, string>> {
    const behind = new Map<string, string>();
    for (const id of tenants) {
      const sentence = await this.compare(id, told.get(id)).catch((error: unknown) => {
        if (isNotServed(error)) return undefined; // closed meanwhile
        throw error;
      });
      if (sentence !== undefined) behind.set(id, sentence);
    }
    return behind;
  }

  /** @returns a sentence where the ledger is not what it was */
  private async compare(tenant: string, note: string | undefined): Promise<string | undefined> {
    const { seen, unitOfWork } = this.options;
    const signed = note === undefined ? undefined : this.opened(tenant, note);
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
}

/** The first of them, and how many more there are. */
function listed(all: readonly string[], separator: string): string {
  const more = all.length > NAMED ? `${separator}${all.length - NAMED} more` : '';
  return `${all.slice(0, NAMED).join(separator)}${more}`;
}
