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

/** What a publisher wrote: all of it may name somebody, for key, type and source are free text. */
export interface RecordContent {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

const SEALED = 'heed_dlq_sealed';

/**
 * A letter that tells nobody but whoever may open it what the publisher wrote: the whole content is in the sealed value.
 * @param seal AES-256-GCM under a key of the tenant
 */
export async function sealLetter(letter: DeadLetter, seal: (content: Buffer) => Promise<Buffer>): Promise<DeadLetter> {
  const { key, value, headers } = contentOf(letter.record);
  const text = (bytes: Buffer | null): string | null => bytes && bytes.toString('base64');
  const content = { key: text(key), value: text(value), headers: Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, text(bytes)])) };
  const { topic, partition, offset, timestamp } = letter.record;
  const sealed = { topic, partition, offset, timestamp, key: null, value: await seal(Buffer.from(JSON.stringify(content))), headers: { [SEALED]: 'A256GCM' } };
  return { ...letter, record: sealed };
}

/** What `sealLetter` was given, from the content that the seal was opened to. */
export function openedContent(opened: Buffer): RecordContent {
  const { key, value, headers } = JSON.parse(opened.toString('utf8')) as { key: string | null; value: string | null; headers: Record<string, string> };
  const bytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text, 'base64'));
  return { key: bytes(key), value: bytes(value), headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text, 'base64')])) };
}

/** The record as it came, or sealed, with the reason and its origin in `heed_dlq_*` headers, so that it can be replayed as it was. */
export function deadLetterMessage(letter: DeadLetter, group: string): OutgoingMessage {
  const { record } = letter;
  return {
    topic: deadLetterTopic(record.topic),
    key: record.key,
    value: record.value,
    headers: {
      ...contentOf(record).headers,
      heed_dlq_code: letter.code,
      heed_dlq_reason: letter.reason.slice(0, 500),
      heed_dlq_group: group,
      heed_dlq_topic: record.topic,
      heed_dlq_partition: String(record.partition),
      heed_dlq_offset: record.offset,
    },
  };
}

/** Of a header that came several times, the first. */
function contentOf({ key, value, headers }: IncomingRecord): RecordContent {
  const first: Record<string, Buffer> = {};
  for (const [name, given] of Object.entries(headers ?? {})) {
    const one = Array.isArray(given) ? given[0] : given;
    if (one !== undefined && one !== null) first[name] = Buffer.from(one);
  }
  return { key, value, headers: first };
}
