import { systemClock } from '@heed/kernel';
import { Ledger, LedgerKey, LedgerReader, SeenHeads, Sequencer } from '@heed/ledger-keeper';
import { startPostgres } from '@heed/local';
import type { EmbeddedPostgres } from '@heed/local';
import { makeLogger } from '@heed/observability';
import { Outbox } from '@heed/outbox';
import { Database, migrate, persistenceMigrations, UnitOfWork } from '@heed/persistence';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';

const DATABASE = 'heed_bench';
export const TENANT = 'bench';
const SERVICE = 'consent';

/** One tenant's ledger on a durable PostgreSQL of its own; nothing publishes what the sequencer tells. */
export class BenchLedger {
  readonly reader: LedgerReader;
  readonly ledger: Ledger;

  private constructor(
    readonly dir: string,
    private readonly postgres: EmbeddedPostgres,
    readonly admin: pg.Client,
    readonly database: Database,
    readonly unitOfWork: UnitOfWork,
    private readonly key: LedgerKey,
  ) {
    this.ledger = new Ledger(key);
    this.reader = new LedgerReader(SERVICE, this.ledger, unitOfWork);
  }

  static async start(): Promise<BenchLedger> {
    const dir = await mkdtemp(path.join(tmpdir(), 'heed-bench-ledger-'));
    await chmod(dir, 0o755); // PostgreSQL runs as its own user
    const postgres = await startPostgres({ dir: path.join(dir, 'postgres'), port: 0 });
    const keysDir = path.join(dir, 'keys');
    await migrate({
      service: SERVICE, database: DATABASE, adminUrl: postgres.url, password: 'bench', tenants: [{ id: TENANT, isolation: 'role' }], keysDir,
      sets: persistenceMigrations, progress: () => undefined,
    });
    const [url, adminUrl] = [new URL(postgres.url), new URL(postgres.url)];
    url.pathname = adminUrl.pathname = `/${DATABASE}`;
    url.username = DATABASE;
    url.password = 'bench';
    const admin = new pg.Client({ connectionString: adminUrl.href });
    await admin.connect();
    const database = new Database({ url: url.href, keysDir, clock: systemClock });
    return new BenchLedger(dir, postgres, admin, database, new UnitOfWork(database), await LedgerKey.open(SERVICE, keysDir));
  }

  async stop(): Promise<void> {
    await this.database.close();
    await this.admin.end();
    await this.postgres.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Sequences what waits. @returns milliseconds until the last record had its place and was signed */
  async sequence(size: number, progress: (placed: number) => void): Promise<number> {
    const { database, unitOfWork, key } = this;
    const outbox = new Outbox({ topicPrefix: '', poke: () => undefined });
    const sequencer = new Sequencer({ database, unitOfWork, outbox, key, seen: new SeenHeads(), logger: makeLogger('bench', 'warn') });
    const begun = performance.now();
    sequencer.start();
    try {
      for (;;) {
        const { rows } = await this.admin.query<{ size: string; signed_size: string }>(`SELECT size, signed_size FROM t_${TENANT}.ledger_head`);
        progress(Number(rows[0]?.size));
        if (Number(rows[0]?.signed_size) === size) return performance.now() - begun;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } finally {
      await sequencer.stop();
    }
  }
}
