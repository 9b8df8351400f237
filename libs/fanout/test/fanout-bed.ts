import type { Acknowledgement, AcknowledgementBody, CommandKind } from '@heed/contracts-fanout';
import { sealTo } from '@heed/crypto';
import { Fanout, fanoutMigrations, Sender } from '@heed/fanout';
import type { FanoutHooks, NewDispatch, Sealer } from '@heed/fanout';
import { DISPATCH_PREFIX, newSubjectRef, uuidv7 } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import { makeLogger } from '@heed/observability';
import { Outbox } from '@heed/outbox';
import { Database, eventsIn, persistenceMigrations, UnitOfWork } from '@heed/persistence';
import type { OutboxRow, Tenant, Tx } from '@heed/persistence';
import { eventually, ServiceBed, TestStores, VirtualClock } from '@heed/testing';
import pg from 'pg';

const logger = makeLogger('test', 'silent');

/** An owner of dispatches without its service: its tables in a real PostgreSQL, and what the others would say to it. */
export class FanoutBed {
  readonly stores: TestStores;
  readonly unitOfWork: UnitOfWork;
  readonly outbox = new Outbox({ topicPrefix: '', poke: () => undefined });
  readonly fanout = new Fanout({ owner: 'consent' });
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly bed: ServiceBed,
    readonly clock: VirtualClock,
    readonly database: Database,
    readonly admin: pg.Client,
  ) {
    this.stores = new TestStores(clock, ['crm', 'telemetry', 'sessions', 'mail', 'warehouse', 'archive']);
    this.unitOfWork = new UnitOfWork(database);
  }

  static async make(tenants: readonly Tenant[] = [{ id: 'ajuni', isolation: 'role' }]): Promise<FanoutBed> {
    const clock = new VirtualClock('2026-11-21T10:00:00Z');
    const bed = await ServiceBed.make({ clock, tenants });
    const { url, adminUrl } = await bed.migrated('fanout', [...persistenceMigrations, ...fanoutMigrations]);
    const admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
    return new FanoutBed(bed, clock, new Database({ url, keysDir: bed.keysDir, clock, poolSize: 20 }), admin);
  }

  async stop(): Promise<void> {
    await this.close();
    await this.admin.end();
    await this.bed.stop();
  }

  /** Activates a map version of the first stores of the bed. */
  async activate(mapVersion: number, stores: number, tenant = 'ajuni'): Promise<void> {
    await this.unitOfWork.run(tenant, (tx) => this.fanout.mapProposed(tx, mapVersion, this.stores.stores.slice(0, stores)));
    await this.unitOfWork.run(tenant, (tx) => this.fanout.mapActivated(tx, mapVersion));
  }

  dispatch(kind: CommandKind = 'withdrawal'): NewDispatch {
    const body = kind === 'withdrawal' || kind === 'grant' ? { purposes: ['marketing_email'] } : {};
    const [id, ref] = [`${DISPATCH_PREFIX.consent}_${uuidv7()}`, newSubjectRef()];
    return { id, kind, ref, version: 1, cause: { type: 'test', id }, body, dueAt: new Date(this.clock.now().getTime() + 3_600_000) };
  }

  async open(count = 1, tenant = 'ajuni', kind?: CommandKind): Promise<readonly NewDispatch[]> {
    const dispatches = Array.from({ length: count }, () => this.dispatch(kind));
    await this.unitOfWork.run(tenant, (tx) => this.fanout.open(tx, dispatches));
    return dispatches;
  }

  /** An agent's signed answer, as its consumer hands it on. */
  answer(dispatch: NewDispatch, dataStore: string, said: Partial<AcknowledgementBody> = {}, tenant = 'ajuni'): HeedEvent<Acknowledgement> {
    const data = { dispatchId: dispatch.id, ref: dispatch.ref, version: dispatch.version, owner: 'consent' };
    const command = { id: uuidv7(), tenant, data } as unknown as HeedEvent<Record<string, unknown>>;
    return this.stores.answer(command, dataStore, said).event as HeedEvent<Acknowledgement>;
  }

  acknowledge(...answers: readonly HeedEvent<Acknowledgement>[]): Promise<void> {
    return this.unitOfWork.run('ajuni', (tx) => this.fanout.acknowledged(tx, answers));
  }

  /** Seals for the real keys of the stores, as consent does; `before` runs while the sender waits for it. */
  sealer(before: (tenant: string) => Promise<void> | void = () => undefined): Sealer {
    return {
      seal: async (tenant, wanted) => {
        await before(tenant);
        const sealed = wanted.map(({ dispatchId, stores }) => {
          const recipients = this.stores.stores.filter((s) => stores.includes(s.id)).map((s) => ({ store: s.id, key: s.agent.encryptionKey }));
          const envelope = sealTo(recipients, [{ type: 'email', value: 'ada@example.com' }], `${tenant}|${dispatchId}`);
          return [dispatchId, { aliases: [], envelope }] as const;
        });
        return new Map(sealed);
      },
    };
  }

  sender(sealer: Sealer = this.sealer(), hooks?: FanoutHooks): Sender {
    const { database, unitOfWork, outbox } = this;
    return new Sender({ owner: 'consent', database, unitOfWork, outbox, sealer, logger, ...(hooks ? { hooks } : {}) });
  }

  /** A transaction that has done its work and waits to be told to commit. */
  async paused(work: (tx: Tx) => Promise<unknown>): Promise<{ commit(): Promise<void> }> {
    const [worked, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const run = this.unitOfWork.run('ajuni', async (tx) => {
      await work(tx);
      worked.resolve();
      await told.promise;
    });
    await Promise.race([worked.promise, run]);
    return {
      commit: async () => {
        told.resolve();
        await run;
      },
    };
  }

  /** Until that work either waits for somebody's lock or has ended: no other moment is of interest. */
  async blockedOrDone(work: Promise<unknown>): Promise<void> {
    let done = false;
    const end = (): void => void (done = true);
    work.then(end, end);
    await eventually(async () => done || (await this.waitingForLocks()) > 0);
  }

  private async waitingForLocks(): Promise<number> {
    const { rowCount } = await this.admin.query(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);
    return rowCount ?? 0;
  }

  /** By dispatch: its state, the map version it names and its targets' states. */
  async found(tenant = 'ajuni'): Promise<ReadonlyMap<string, { state: string; mapVersion: number; targets: Record<string, string> }>> {
    const { rows } = await this.admin.query<{ id: string; state: string; map_version: number; targets: Record<string, string> | null }>(
      `SELECT id, state, map_version, (SELECT jsonb_object_agg(data_store, t.state) FROM t_${tenant}.dispatch_target t WHERE dispatch_id = id) AS targets
         FROM t_${tenant}.dispatch`,
    );
    return new Map(rows.map((row) => [row.id, { state: row.state, mapVersion: row.map_version, targets: row.targets ?? {} }]));
  }

  /** What went to the agents of a tenant, in order. */
  async commands(tenant = 'ajuni'): Promise<readonly { dispatchId: string; targets: string[] }[]> {
    const { rows } = await this.admin.query<OutboxRow>('SELECT * FROM heed.outbox WHERE topic = $1 ORDER BY seq', [`heed.t.${tenant}.commands.v1`]);
    return rows.flatMap(eventsIn).map(({ value }) => JSON.parse(value ?? '') as { dispatchId: string; targets: string[] });
  }

  /** Rings of waiting transactions that PostgreSQL had to break. Ends the connections, which only then tell their counts. */
  async deadlocks(): Promise<number> {
    await this.close();
    const { rows } = await this.admin.query<{ deadlocks: string }>('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
    return Number(rows[0]?.deadlocks);
  }

  private async close(): Promise<void> {
    this.closing ??= this.database.close();
    await this.closing;
  }
}
