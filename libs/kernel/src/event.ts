import { z } from 'zod';
import { uuidv7 } from './ids.js';
import type { Clock } from './clock.js';

/** A published event version. Its file is never edited; a breaking change is a new version beside it. */
export interface EventDefinition<S extends z.ZodType = z.ZodType> {
  /** CloudEvents type, e.g. `heed.consent.withdrawn.v1`. */
  readonly type: string;
  /** Topic patterns; `{tenant}` and `{owner}` are filled in per event. */
  readonly topics: readonly string[];
  readonly summary: string;
  readonly data: S;
}

/** @example defineEvent({ type: 'heed.consent.withdrawn.v1', topics: ['heed.consent.events.v1'], summary: '…', data: z.strictObject({ … }) }) */
export function defineEvent<S extends z.ZodType>(definition: EventDefinition<S>): EventDefinition<S> {
  if (!/^heed\.[a-z-]+\.[a-z_]+\.v[0-9]+$/.test(definition.type)) throw new Error(`bad event type ${definition.type}`);
  return Object.freeze(definition);
}

/** A CloudEvents 1.0 event with Heed's extensions. `key` is the Kafka record key: the person's ref where one is meant. */
export interface HeedEvent<T = unknown> {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly tenant: string;
  readonly key: string;
  readonly time: Date;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly traceparent?: string;
  readonly dataRegion?: string;
  readonly data: T;
}

/** What an event inherits from the call or event that caused it. */
export interface Cause {
  readonly correlationId: string;
  readonly causationId?: string;
  readonly traceparent?: string;
}

export interface NewEvent<T> {
  readonly definition: EventDefinition;
  readonly event: HeedEvent<T>;
  readonly topics: readonly string[];
}

/**
 * Makes an event of a definition; throws a ZodError where the data does not fit, so that nothing invalid is stored.
 * @example newEvent(consentWithdrawn, { source: '/heed/consent', tenant, key: ref, data, cause, clock })
 */
export function newEvent<S extends z.ZodType>(
  definition: EventDefinition<S>,
  from: {
    source: string;
    tenant: string;
    key: string;
    data: z.input<S>;
    clock: Clock;
    cause?: Cause | undefined;
    owner?: string;
    id?: string;
  },
): NewEvent<z.output<S>> {
  const time = from.clock.now();
  const id = from.id ?? uuidv7(time);
  return {
    definition,
    topics: definition.topics.map((topic) => fillTopic(topic, { tenant: from.tenant, owner: from.owner })),
    event: {
      id,
      type: definition.type,
      source: from.source,
      tenant: from.tenant,
      key: from.key,
      time,
      correlationId: from.cause?.correlationId ?? id,
      ...(from.cause?.causationId ? { causationId: from.cause.causationId } : {}),
      ...(from.cause?.traceparent ? { traceparent: from.cause.traceparent } : {}),
      data: definition.data.parse(from.data),
    },
  };
}

/** @example fillTopic('heed.t.{tenant}.commands.v1', { tenant: 'ajuni' }) */
export function fillTopic(pattern: string, values: { tenant?: string | undefined; owner?: string | undefined }): string {
  return pattern.replace(/\{(tenant|owner)\}/g, (_, name: 'tenant' | 'owner') => {
    const value = values[name];
    if (!value) throw new Error(`topic ${pattern} needs ${name}`);
    return value;
  });
}

/** The cause that an event hands on to what it leads to. */
export function causeOf(event: HeedEvent): Cause {
  return {
    correlationId: event.correlationId,
    causationId: event.id,
    ...(event.traceparent ? { traceparent: event.traceparent } : {}),
  };
}
