import type { IHeaders } from 'kafkajs';
import type { OutgoingMessage } from './client.js';

export interface IncomingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders | undefined;
  readonly timestamp: string;
}

/** A record that can never be processed, and why. `reason` holds no personal data. */
export interface DeadLetter {
  readonly record: IncomingRecord;
  /** Stable, e.g. `json_malformed`, `type_unknown`, `schema_violation`. */
  readonly code: string;
  readonly reason: string;
}

/** @example deadLetterTopic('heed.t.ajuni.ingress.v1') // 'heed.t.ajuni.ingress.v1.dlq' */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/** The record as it came, with the reason and its origin in `heed_dlq_*` headers, so that it can be replayed as it was. */
export function deadLetterMessage(letter: DeadLetter, group: string): OutgoingMessage {
  const { record } = letter;
  const headers: Record<string, string | Buffer> = {};
  for (const [name, value] of Object.entries(record.headers ?? {})) {
    const one = Array.isArray(value) ? value[0] : value;
    if (one !== undefined && one !== null) headers[name] = one;
  }
  return {
    topic: deadLetterTopic(record.topic),
    key: record.key,
    value: record.value,
    headers: {
      ...headers,
      heed_dlq_code: letter.code,
      heed_dlq_reason: letter.reason.slice(0, 500),
      heed_dlq_group: group,
      heed_dlq_topic: record.topic,
      heed_dlq_partition: String(record.partition),
      heed_dlq_offset: record.offset,
    },
  };
}
