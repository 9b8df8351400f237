import { randomUUID } from 'node:crypto';
import type { Kafka } from './client.js';
import { Publisher } from './client.js';
import { openedContent } from './dead-letter.js';
import type { RecordContent } from './dead-letter.js';
import { readToEnd } from './read-to-end.js';
import type { PlacedRecord } from './read-to-end.js';

/** The header of a record that is no dead letter but says of one in its topic, `<partition>/<offset>`, that it was replayed. */
const REPLAYED = 'heed_dlq_replayed';

/** A dead letter as people look at it. */
export interface DeadLetterRecord {
  /** The dead-letter topic it lies in, and where. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly at: Date;
  readonly code: string;
  readonly reason: string;
  /** The group that could not process it, and where it came from. */
  readonly group: string;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: string };
  readonly sealed: boolean;
  /** When it was last put back where it came from; it stays here all the same. */
  readonly replayedAt: Date | undefined;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

/** Reads every dead letter that lies in the topics now, oldest first in each; those replayed before say so. */
export async function readDeadLetters(kafka: Kafka, matching: (topic: string) => boolean = () => true): Promise<readonly DeadLetterRecord[]> {
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `heed.dlq-reader.${randomUUID()}`;
  const letters: DeadLetterRecord[] = [];
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.endsWith('.dlq') && matching(topic));
    await readToEnd({ kafka, groupId, topics, take: (record) => void letters.push(letterOf(record)) });
  } finally {
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
  return withoutMarks(letters);
}

function withoutMarks(records: readonly DeadLetterRecord[]): readonly DeadLetterRecord[] {
  const replayed = new Map<string, Date>();
  const letters = records.filter((record) => {
    const of = record.headers[REPLAYED]?.toString();
    if (of !== undefined) replayed.set(`${record.topic}/${of}`, record.at);
    return of === undefined;
  });
  return letters.map((letter) => ({ ...letter, replayedAt: replayed.get(`${letter.topic}/${letter.partition}/${letter.offset}`) }));
}

function letterOf({ topic, partition, ...message }: PlacedRecord): DeadLetterRecord {
  const headers: Record<string, Buffer> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const one: unknown = Array.isArray(value) ? value[0] : value;
    if (one !== undefined && one !== null) headers[name] = Buffer.isBuffer(one) ? one : Buffer.from(String(one));
  }
  const text = (name: string): string => headers[`heed_dlq_${name}`]?.toString() ?? '';
  return {
    topic, partition, offset: message.offset, at: new Date(Number(message.timestamp)), code: text('code'), reason: text('reason'), group: text('group'),
    origin: { topic: text('topic'), partition: Number(text('partition')), offset: text('offset') },
    sealed: text('sealed') !== '', replayedAt: undefined, key: message.key, value: message.value, headers,
  };
}

/**
 * Puts dead letters back where they came from, as they were. Their event ids are unchanged, so one that was processed
 * after all does nothing twice. Each is marked once Kafka has it: what dies in between leaves it unmarked, never lost.
 * @param open opens the seal of a sealed one
 */
export async function replayDeadLetters(
  kafka: Kafka,
  letters: readonly DeadLetterRecord[],
  open: (letter: DeadLetterRecord) => Promise<Buffer>,
): Promise<void> {
  const publisher = new Publisher(kafka);
  await publisher.connect();
  try {
    const messages = letters.map(async (letter) => ({ topic: letter.origin.topic, ...(await publishedContent(letter, open)) }));
    await publisher.publish(await Promise.all(messages));
    await publisher.publish(
      letters.map(({ topic, partition, offset }) => ({ topic, key: null, value: null, headers: { [REPLAYED]: `${partition}/${offset}` } })),
    );
  } finally {
    await publisher.disconnect();
  }
}

/** What the publisher of a dead letter wrote. @param open opens the seal of a sealed one */
export async function publishedContent(letter: DeadLetterRecord, open: (letter: DeadLetterRecord) => Promise<Buffer>): Promise<RecordContent> {
  if (letter.sealed) return openedContent(await open(letter));
  const { key, value, headers } = letter;
  return { key, value, headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('heed_dlq_'))) };
}
