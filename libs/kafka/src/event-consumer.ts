import { causeOf, isHeedError } from '@heed/kernel';
import { isTenantClosed, isTransientPgError, SHARED_SCHEMA, sqlState, UNIQUE_VIOLATION } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import { sealLetter } from './dead-letter.js';
import type { DeadLetter, IncomingRecord } from './dead-letter.js';
import { readRecord, runsOf, tenantOf } from './record-reader.js';
import type { EventHandler, Item, RecordReaderOptions } from './record-reader.js';
import { UnknownTenants } from './unknown-tenants.js';

/** Records live a week on their topics; beyond that, either way, a record's time is not believed. */
const INBOX_NEAR_MS = 8 * 86_400_000;
/** An error nobody foresaw is tried this often before the record is taken aside. */
const MAX_UNKNOWN_ATTEMPTS = 5;

export interface EventConsumerOptions extends RecordReaderOptions {
  readonly consumer: string;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly seal?: (value: Buffer, tenant: string) => Promise<Buffer>;
}

/**
 * Validates, deduplicates and handles a batch: events and their inbox rows in one transaction. Where one tenant must wait
 * (its policy is not here yet) its later events wait behind it and the other tenants' are handled; the inbox knows them
 * when the batch comes again.
 */
export class EventConsumer {
  private readonly attempts = new Map<string, number>();
  /** Judged once: a batch that comes again must not do what was refused, after what came behind it. */
  private readonly condemned = new Map<string, DeadLetter>();
  private readonly unknownTenants: UnknownTenants;

  constructor(private readonly options: EventConsumerOptions) {
    this.unknownTenants = new UnknownTenants(options.database.clock);
  }

  /** @throws what the first tenant that must wait is waiting for; the same records must come again */
  async handle(records: readonly IncomingRecord[]): Promise<readonly DeadLetter[]> {
    const unreadable: DeadLetter[] = [];
    const items = records.flatMap((record) => {
      const read = readRecord(record, this.options);
      if (read && 'code' in read) unreadable.push(read);
      return read && 'handler' in read ? [read] : [];
    });
    const unseen = await this.unseen(items);
    const waiting = new Map<string, unknown>();
    for (const run of runsOf(unseen.filter((item) => !this.condemned.has(item.key)))) {
      const tenant = run[0]?.event.tenant ?? '';
      if (waiting.has(tenant)) continue;
      await this.handleRun(run).catch((error: unknown) => waiting.set(tenant, error));
    }
    const [reason] = waiting.values();
    if (waiting.size > 0) throw reason;
    const dead = [...unreadable, ...unseen.flatMap((item) => this.condemned.get(item.key) ?? [])];
    const sealed = await Promise.all(dead.map((letter) => this.sealed(letter)));
    // Only now: a batch that comes again must find its poison counted, or two poison records would take turns for ever.
    for (const { key } of items) {
      this.attempts.delete(key);
      this.condemned.delete(key);
    }
    return sealed;
  }

  private async unseen(items: readonly Item[]): Promise<readonly Item[]> {
    if (items.length === 0) return [];
    const rows = await this.options.database.query<{ event_key: string }>(
      'SELECT event_key FROM heed.inbox WHERE consumer = $1 AND event_key = ANY($2)',
      [this.options.consumer, items.map((item) => item.key)],
    );
    const seen = new Set(rows.map((row) => row.event_key));
    return items.filter((item) => {
      if (seen.has(item.key)) return false;
      seen.add(item.key);
      return true;
    });
  }

  private async handleRun(run: readonly Item[]): Promise<void> {
    try {
      await this.transact(run);
    } catch (error) {
      if (isTenantClosed(error)) return; // nobody is left to whom it could mean something
      const [item, next] = run;
      if (!item || this.mustWait(error, item)) throw error;
      if (next) for (const one of run) await this.handleRun([one]);
      else this.condemn(item, error);
    }
  }

  private condemn(item: Item, error: unknown): void {
    const { key, record } = item;
    if (isHeedError(error)) {
      this.condemned.set(key, { record, code: error.code, reason: error.message });
      return;
    }
    const attempts = (this.attempts.get(key) ?? 0) + 1;
    this.attempts.set(key, attempts);
    if (attempts < MAX_UNKNOWN_ATTEMPTS) throw error;
    this.condemned.set(key, { record, code: 'handler_failed', reason: error instanceof Error ? error.name : 'unknown error' });
  }

  private mustWait(error: unknown, { event, handler }: Item): boolean {
    if (isHeedError(error) && error.code === 'tenant_unknown') return !isAnswer(handler) && this.unknownTenants.mayYetCome(event.tenant);
    return isTransient(error);
  }

  private async transact(run: readonly Item[]): Promise<void> {
    const [first] = run;
    if (!first) return;
    const { tenant } = first.event;
    await this.options.unitOfWork.run(
      tenant,
      (tx) => first.handler.handle({ tenant, events: run.map((item) => item.event), tx }),
      {
        cause: causeOf(first.event),
        inbox: {
          consumer: this.options.consumer,
          keys: run.map((item) => ({ key: item.key, day: dayOf(item.record, this.options.database.clock.now()) })),
        },
      },
    );
    this.unknownTenants.arrived(tenant);
  }

  private async sealed(letter: DeadLetter): Promise<DeadLetter> {
    const tenant = tenantOf(letter.record.topic.slice(this.options.topicPrefix.length));
    const { seal } = this.options;
    return seal && tenant ? sealLetter(letter, (content) => seal(content, tenant)) : letter;
  }
}

/**
 * An agent answers what this service has sent, so its tenant is known here. Agents of all tenants write the topics of answers:
 * one that made up tenants would hold up the others' for a minute each time.
 */
function isAnswer({ definition }: EventHandler): boolean {
  return definition.topics.some((topic) => topic.startsWith('heed.acks.'));
}

/** The record's own day, so that a redelivery meets its row; a clock far off must not choose the partition. */
function dayOf(record: IncomingRecord, now: Date): string {
  const at = Number(record.timestamp);
  const near = at > now.getTime() - INBOX_NEAR_MS && at < now.getTime() + INBOX_NEAR_MS;
  return new Date(near ? at : now.getTime()).toISOString().slice(0, 10);
}

/** Any other row that is there already is not gone by the next try: that counts as an error nobody foresaw. */
function isTransient(error: unknown): boolean {
  return (isHeedError(error) && error.retriable) || isTransientPgError(error) || isHandledMeanwhile(error);
}

/** Two consumers handled the same event at once: the loser's rows are undone, and the next try finds it handled. */
function isHandledMeanwhile(error: unknown): boolean {
  if (sqlState(error) !== UNIQUE_VIOLATION) return false;
  const { schema, table } = error as { readonly schema?: string; readonly table?: string };
  return schema === SHARED_SCHEMA && table !== undefined && /^inbox(_|$)/.test(table); // a partition of it
}
