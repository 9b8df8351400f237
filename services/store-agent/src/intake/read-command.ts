import { commandEvents } from '@heed/contracts-fanout';
import type { Command, ReceivedCommand } from '@heed/connector-spi';
import type { DeadLetter, IncomingRecord } from '@heed/kafka';
import { readCloudEvent } from '@heed/kernel';
import { markSpan, SpanKind } from '@heed/observability';
import { z } from 'zod';

/** Nothing that Heed sends comes near it. */
const MAX_BYTES = 950_000;
/** The journal's column is for reading, not for storing what a stranger sends. */
const MAX_CORRELATION_ID = 256;
const KIND = /^heed\.command\.([a-z_]+)\.v1$/;
const byType = new Map(commandEvents.map((definition) => [definition.type, definition]));
const commandId = z.uuid();

/** A command of this tenant, or why the record can never be one. */
export function readCommand(record: IncomingRecord, tenant: string): ReceivedCommand | DeadLetter {
  const dead = (code: string, reason: string): DeadLetter => ({ record, code, reason });
  if ((record.value?.length ?? 0) > MAX_BYTES) return dead('oversize', `the value is larger than ${MAX_BYTES} bytes`);
  const envelope = readCloudEvent({ key: record.key, value: record.value, headers: record.headers }, tenant);
  if (!envelope.ok) return dead(envelope.code, envelope.reason);
  const { event } = envelope;
  const definition = byType.get(event.type);
  if (!definition) return dead('type_unknown', 'this topic carries commands, and this is none that this agent knows');
  if (!commandId.safeParse(event.id).success) return dead('envelope_invalid', 'the id of a command is a UUID');
  const parsed = definition.data.safeParse(event.data);
  if (!parsed.success) {
    return dead('schema_violation', parsed.error.issues.slice(0, 5).map((issue) => `/${issue.path.join('/')}: ${issue.code}`).join('; '));
  }
  const traceparent = markSpan(`${record.topic} process`, { kind: SpanKind.CONSUMER, traceparent: event.traceparent });
  return {
    // Type and schema belong together: the definition was found by the type.
    ...({ kind: KIND.exec(event.type)?.[1], data: parsed.data } as Command),
    commandId: event.id,
    cause: { correlationId: event.correlationId.slice(0, MAX_CORRELATION_ID), causationId: event.id, ...(traceparent ? { traceparent } : {}) },
  };
}

export const isDeadLetter = (read: ReceivedCommand | DeadLetter): read is DeadLetter => 'record' in read;
