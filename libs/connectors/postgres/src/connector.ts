import type { Connection, Due, ReceivedCommand, StoreConnector, Unsent, WorkUnit } from '@heed/connector-spi';
import type { SqlDataMap } from '@heed/contracts-subprocessor-registry';
import { unavailable } from '@heed/kernel';
import type { ConnectionOptions } from 'node:tls';
import { eraseBatch } from './erasure/erase.js';
import { verifyBatch } from './erasure/verify.js';
import { heldDispatches, placeHolds, releaseHolds } from './holds.js';
import { keepAcknowledgements, markAcknowledged, unsent } from './journal/acknowledgements.js';
import { due } from './journal/due.js';
import { receive } from './journal/inbox.js';
import { pick } from './journal/pick.js';
import { prune } from './journal/prune.js';
import { save } from './journal/save.js';
import { migrateJournal } from './journal/schema.js';
import { readCatalogue } from './map/catalogue.js';
import { buildPlan } from './map/plan.js';
import type { Plan } from './map/plan.js';
import { applyPurposes } from './purposes.js';
import { Sessions } from './sessions.js';
import { quote } from './sql.js';
import type { Queryable } from './sql.js';

export interface PostgresConnectorOptions {
  readonly url: string;
  readonly map: SqlDataMap;
  /** How the server has to prove itself; undefined is plain text. */
  readonly ssl?: ConnectionOptions | undefined;
  /** Schema of the agent's journal in the store. Default `heed_agent`. */
  readonly schema?: string;
  readonly applicationName?: string;
  /** Told of every statement sent, so that tests can count them. */
  readonly onStatement?: (text: string) => void;
}

/**
 * A PostgreSQL database as a data store. Inbox and journal live in it, so that an effect and the note of it are one
 * transaction.
 * @example const crm = new PostgresConnector({ url: 'postgres://heed@127.0.0.1/crm', map }); await crm.prepare();
 */
export class PostgresConnector implements StoreConnector {
  private readonly sessions: Sessions;
  private readonly schema: string;
  private readonly s: string;
  private plan: Plan | undefined;
  /** Large erasures take turns with batches of small ones. */
  private largeFirst = false;

  constructor(private readonly options: PostgresConnectorOptions) {
    this.schema = options.schema ?? 'heed_agent';
    this.s = quote(this.schema);
    this.sessions = new Sessions({ url: options.url, ssl: options.ssl, applicationName: options.applicationName ?? 'heed-agent', onStatement: options.onStatement });
  }

  /** Foreign keys onto mapped tables that the map does not know; rows behind them make an erasure fail. */
  get unmappedForeignKeys(): readonly string[] {
    return this.plan?.unmappedForeignKeys ?? [];
  }

  async prepare(): Promise<void> {
    await this.sessions.transaction('urgent', async (db) => {
      await migrateJournal(db, this.schema);
      this.plan = buildPlan(this.options.map, await readCatalogue(db, this.options.map));
    });
    this.sessions.mappedForeignKeys = this.plan?.mappedForeignKeys ?? new Set();
  }

  receive(commands: readonly ReceivedCommand[]): Promise<void> {
    return receive(this.sessions, this.s, commands);
  }

  work<T>(connection: Connection, run: (unit: WorkUnit) => Promise<T>): Promise<T> {
    return this.sessions.transaction(connection, (db) => run(this.unit(db)));
  }

  due(now: Date): Promise<Due> {
    return due(this.sessions, this.s, now);
  }

  unsent(limit: number): Promise<Unsent> {
    return unsent(this.sessions, this.s, limit);
  }

  keepAcknowledgements(signed: readonly { readonly dispatchId: string; readonly acknowledgement: string }[]): Promise<void> {
    return keepAcknowledgements(this.sessions, this.s, signed);
  }

  markAcknowledged(sent: readonly { readonly dispatchId: string; readonly acknowledgement: string }[]): Promise<void> {
    return markAcknowledged(this.sessions, this.s, sent);
  }

  prune(before: Date, limit: number): Promise<number> {
    return prune(this.sessions, this.s, before, limit);
  }

  close(): Promise<void> {
    return this.sessions.close();
  }

  /** The plan as of now: it may have been read anew while a unit of work waited for its connection. */
  private get current(): Plan {
    if (!this.plan) throw unavailable('store_unprepared', 'The store has not been prepared yet.');
    return this.plan;
  }

  private unit(db: Queryable): WorkUnit {
    const { s } = this;
    return {
      pick: (selection) => this.pickFairly(db, selection),
      applyPurposes: (changes) => applyPurposes(db, s, this.current, changes),
      placeHolds: (holds) => placeHolds(db, s, holds),
      releaseHolds: (holds) => releaseHolds(db, s, holds),
      held: (people) => heldDispatches(db, s, people),
      eraseBatch: async (targets, limits) => (targets.length === 0 ? [] : eraseBatch(db, this.current, targets, limits.chunkRows)),
      verifyBatch: async (targets) => (targets.length === 0 ? [] : verifyBatch(db, this.current, targets)),
      save: (progress, now) => save(db, s, progress, now),
    };
  }

  private async pickFairly(db: Queryable, selection: Parameters<WorkUnit['pick']>[0]): ReturnType<WorkUnit['pick']> {
    if (selection.work !== 'commands' || !('lane' in selection) || selection.lane !== 'slow') return pick(db, this.s, selection);
    this.largeFirst = !this.largeFirst;
    const [first, second] = this.largeFirst ? [{ work: 'large' } as const, selection] : [selection, { work: 'large' } as const];
    const picked = await pick(db, this.s, first);
    return picked.length > 0 ? picked : pick(db, this.s, second);
  }
}
