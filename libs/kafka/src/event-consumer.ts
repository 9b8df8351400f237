import { causeOf, isHeedError, readCloudEvent } from '@heed/kernel';
import type { EventDefinition, HeedEvent } from '@heed/kernel';
import { markSpan, SpanKind } from '@heed/observability';
import { isTransientPgError, sqlState, UNIQUE_VIOLATION } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import type { EventBatch } from './consumes.js';
import type { DeadLetter, IncomingRecord } from './dead-letter.js';

/** Larger records are refused: nothing Heed publishes comes near, and a batch of them would fill the heap. */
const MAX_RECORD_BYTES = 950_000;
/** Ingress is written by anybody of the tenant; its bodies are small. */
const MAX_INGRESS_BYTES = 256 * 1024;
/** Records live a week on their topics; beyond that, either way, a record's time is not believed. */
const INBOX_NEAR_MS = 8 * 86_400_000;
/** An error nobody foresaw is tried this often before the record is taken aside. */
const MAX_UNKNOWN_ATTEMPTS = 5;

export interface EventHandler {
  readonly definition: EventDefinition;
  readonly handle: (batch: EventBatch<EventDefinition>) => Promise<void>;
}

export interface EventConsumerOptions {
  readonly consumer: string;
  readonly topicPrefix: string;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly handlers: ReadonlyMap<string, EventHandler>;
  readonly knownTypes?: readonly string[];
  readonly seal?: (value: Buffer, tenant: string) => Buffer;
}

interface Item {
  readonly record: IncomingRecord;
  readonly event: HeedEvent;
  readonly handler: EventHandler;
  readonly key: string;
}

/** Validates, deduplicates and handles a batch: events and their inbox rows in one transaction. */
export class EventConsumer {
  private readonly attempts = new Map<string, number>();

  constructor(private readonly options: EventConsumerOptions) {}

  async handle(records: readonly IncomingRecord[]): Promise<readonly DeadLetter[]> {
    const dead: DeadLetter[] = [];
    const items = records.flatMap((record) => {
      const read = this.read(record);
      if (read && 'code' in read) dead.push(read);
      return read && 'handler' in read ? [read] : [];
    });
    for (const run of runsOf(await this.unseen(items))) dead.push(...(await this.handleRun(run)));
    // Only now: a batch that comes again must find its poison counted, or two poison records would take turns for ever.
    for (const item of items) this.attempts.delete(item.key);
    return dead.map((letter) => this.sealed(letter));
  }

  /** Undefined for a type that is another consumer's. */
  private read(record: IncomingRecord): Item | DeadLetter | undefined {
    const topicTenant = tenantOf(record.topic.slice(this.options.topicPrefix.length));
    const limit = topicTenant ? MAX_INGRESS_BYTES : MAX_RECORD_BYTES;
    if ((record.value?.length ?? 0) > limit) return { record, code: 'oversize', reason: `the value is larger than ${limit} bytes` };
    const result = readCloudEvent({ key: record.key, value: record.value, headers: record.headers, timestamp: record.timestamp }, topicTenant);
    if (!result.ok) return this.options.knownTypes || !topicTenant ? { record, code: result.code, reason: result.reason } : undefined;
    const { event } = result;
    const handler = this.options.handlers.get(event.type);
    if (!handler) {
      if (!this.options.knownTypes || this.options.knownTypes.includes(event.type)) return undefined;
      return { record, code: 'type_unknown', reason: 'this topic takes no events of that type' };
    }
    const data = handler.definition.data.safeParse(event.data);
    if (!data.success) {
      const where = data.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.code}`).slice(0, 5);
      return { record, code: 'schema_violation', reason: where.join('; ') };
    }
    const traceparent = markSpan(`${record.topic} process`, { kind: SpanKind.CONSUMER, traceparent: event.traceparent });
    return {
      record,
      event: { ...event, ...(traceparent ? { traceparent } : {}), data: data.data },
      handler,
      key: `${event.tenant}|${event.source}|${event.id}`,
    };
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

  private async handleRun(run: readonly Item[]): Promise<readonly DeadLetter[]> {
    try {
      await this.transact(run);
      return [];
    } catch (error) {
      if (isTransient(error)) throw error;
      if (run.length > 1) {
        const dead: DeadLetter[] = [];
        for (const item of run) dead.push(...(await this.handleRun([item])));
        return dead;
      }
      const [item] = run;
      if (!item) return [];
      if (isHeedError(error)) return [{ record: item.record, code: error.code, reason: error.message }];
      const attempts = (this.attempts.get(item.key) ?? 0) + 1;
      this.attempts.set(item.key, attempts);
      if (attempts < MAX_UNKNOWN_ATTEMPTS) throw error;
      return [{ record: item.record, code: 'handler_failed', reason: error instanceof Error ? error.name : 'unknown error' }];
    }
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
  }

  private sealed(letter: DeadLetter): DeadLetter {
    const tenant = tenantOf(letter.record.topic.slice(this.options.topicPrefix.length));
    if (!this.options.seal || !tenant || !letter.record.value) return letter;
    const headers = { ...letter.record.headers, heed_dlq_sealed: 'A256GCM' };
    return { ...letter, record: { ...letter.record, headers, value: this.options.seal(letter.record.value, tenant) } };
  }
}

/** The record's own day, so that a redelivery meets its row; a clock far off must not choose the partition. */
function dayOf(record: IncomingRecord, now: Date): string {
  const at = Number(record.timestamp);
  const near = at > now.getTime() - INBOX_NEAR_MS && at < now.getTime() + INBOX_NEAR_MS;
  return new Date(near ? at : now.getTime()).toISOString().slice(0, 10);
}

/** Two consumers handled the same event at once: the loser's rows are undone, and the next try finds it handled. */
function isTransient(error: unknown): boolean {
  return (isHeedError(error) && error.retriable) || isTransientPgError(error) || sqlState(error) === UNIQUE_VIOLATION;
}

export function tenantOf(topic: string): string | undefined {
  return /^heed\.t\.([^.]+)\./.exec(topic)?.[1];
}

/** Neighbours of one type and tenant are handled together; the order of the partition is kept. */
function runsOf(items: readonly Item[]): readonly Item[][] {
  const runs: Item[][] = [];
  for (const item of items) {
    const last = runs.at(-1);
    const head = last?.[0];
    if (last && head && head.event.tenant === item.event.tenant && head.event.type === item.event.type) last.push(item);
    else runs.push([item]);
  }
  return runs;
}
