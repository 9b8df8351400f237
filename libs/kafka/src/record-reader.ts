import { derivedId, readCloudEvent } from '@heed/kernel';
import type { EventDefinition, HeedEvent } from '@heed/kernel';
import { markSpan, SpanKind } from '@heed/observability';
import type { EventBatch } from './consumes.js';
import type { DeadLetter, IncomingRecord } from './dead-letter.js';

/** Larger records are refused: nothing Heed publishes comes near, and a batch of them would fill the heap. */
const MAX_RECORD_BYTES = 950_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Ingress is written by anybody of the tenant; its bodies are small. */
const MAX_INGRESS_BYTES = 256 * 1024;

export interface EventHandler {
  readonly definition: EventDefinition;
  readonly handle: (batch: EventBatch<EventDefinition>) => Promise<void>;
}

export interface RecordReaderOptions {
  readonly topicPrefix: string;
  readonly handlers: ReadonlyMap<string, EventHandler>;
  /** Types that the topics take; another is poison. Without them other types are other consumers'. */
  readonly knownTypes?: readonly string[];
}

/** A record that was understood, and who handles it. */
export interface Item {
  readonly record: IncomingRecord;
  readonly event: HeedEvent;
  readonly handler: EventHandler;
  readonly key: string;
}

/** Undefined for a type that is another consumer's. */
export function readRecord(record: IncomingRecord, options: RecordReaderOptions): Item | DeadLetter | undefined {
  const topicTenant = tenantOf(record.topic.slice(options.topicPrefix.length));
  const limit = topicTenant ? MAX_INGRESS_BYTES : MAX_RECORD_BYTES;
  if ((record.value?.length ?? 0) > limit) return { record, code: 'oversize', reason: `the value is larger than ${limit} bytes` };
  const result = readCloudEvent({ key: record.key, value: record.value, headers: record.headers, timestamp: record.timestamp }, topicTenant);
  if (!result.ok) return options.knownTypes || !topicTenant ? { record, code: result.code, reason: result.reason } : undefined;
  const event = isIngress(record.topic) ? opaque(result.event) : result.event;
  const handler = options.handlers.get(event.type);
  if (!handler) {
    if (!options.knownTypes || options.knownTypes.includes(event.type)) return undefined;
    return { record, code: 'type_unknown', reason: 'this topic takes no events of that type' };
  }
  if (!travelsOn(handler.definition, record.topic.slice(options.topicPrefix.length))) {
    return { record, code: 'type_misplaced', reason: 'events of that type travel on another topic' };
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

/**
 * The attributes that go on into what follows from a record: a platform team may have put a customer's number into its event
 * ids, and nobody's number shall stand in an inbox, a log line or a trace.
 */
function opaque(event: HeedEvent): HeedEvent {
  const id = derivedId(event.tenant, event.source, event.id);
  const { causationId: _, dataRegion, traceparent, ...rest } = event;
  return {
    ...rest,
    id,
    correlationId: UUID.test(event.correlationId) ? event.correlationId : id,
    ...(dataRegion && /^[a-z0-9-]{1,32}$/.test(dataRegion) ? { dataRegion } : {}),
    ...(traceparent && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent) ? { traceparent } : {}),
  };
}

const patterns = new Map<string, RegExp>();

/**
 * Kafka's rights say who may write a topic, so a type is believed on its own topics alone: whoever may write one that the same
 * group reads must not speak for those who may write another.
 */
function travelsOn({ topics }: EventDefinition, topic: string): boolean {
  return topics.some((pattern) => {
    let matches = patterns.get(pattern);
    if (!matches) {
      matches = new RegExp(`^${pattern.replaceAll('.', '\\.').replace(/\{(tenant|owner)\}/g, '[^.]+')}$`);
      patterns.set(pattern, matches);
    }
    return matches.test(topic);
  });
}

const isIngress = (topic: string): boolean => /heed\.t\.[^.]+\.ingress\./.test(topic);

export function tenantOf(topic: string): string | undefined {
  return /^heed\.t\.([^.]+)\./.exec(topic)?.[1];
}

/** Neighbours of one type and tenant are handled together; the order of the partition is kept. */
export function runsOf(items: readonly Item[]): readonly Item[][] {
  const runs: Item[][] = [];
  for (const item of items) {
    const last = runs.at(-1);
    const head = last?.[0];
    if (last && head && head.event.tenant === item.event.tenant && head.event.type === item.event.type) last.push(item);
    else runs.push([item]);
  }
  return runs;
}
