import { randomUUID } from 'node:crypto';
import { failpoint, InterruptiblePause } from '@heed/kernel';
import type { Publisher } from '@heed/kafka';
import { markSpan, outboxAge, outboxPublished, SpanKind } from '@heed/observability';
import type { Logger } from '@heed/observability';
import type { Database } from '@heed/persistence';

interface OutboxRow {
  readonly seq: string;
  readonly lane: number;
  readonly topic: string;
  readonly key: string;
  readonly headers: Record<string, string>;
  /** Null takes the key off a compacted topic. */
  readonly value: string | null;
}

export interface RelayOptions {
  readonly database: Database;
  readonly publisher: Publisher;
  readonly logger: Logger;
  /** How long a silent holder keeps its lanes, in milliseconds. */
  readonly leaseMs?: number;
}

const BATCH = 500;
const POLL_MS = 100;
const POKE_MS = 20;
const PARK_MS = 5000;
const OUTAGE_PARK_MS = 1000;
/** Kafka takes 1 MiB per partition and request; at least one row always goes. */
const BATCH_BYTES = 900_000;
/** What a record has beside its parts: lengths, offsets, the header that this hop adds. */
const RECORD_BYTES = 120;

/**
 * Publishes the outbox in lanes. A lane is leased by one instance; what was published is deleted only under the epoch
 * it was read under, so an instance that lost its lease can publish twice (readers deduplicate) but never drop a row.
 */
export class Relay {
  private readonly id = randomUUID();
  private readonly leaseMs: number;
  private epochs = new Map<number, string>();
  private readonly parked = new Map<string, number>();
  private running: Promise<void> | undefined;
  private readonly pause = new InterruptiblePause();
  private poked = false;
  private renewedAt = 0;

  constructor(private readonly options: RelayOptions) {
    this.leaseMs = options.leaseMs ?? 5000;
  }

  start(): void {
    this.running ??= this.loop();
  }

  /** Something was committed. Wakes the loop at most once per 20 ms; other instances find out by their poll. */
  readonly poke = (): void => {
    if (this.poked) return;
    this.poked = true;
    this.pause.poke();
  };

  /** Publishes what is at hand, gives the lanes back and ends. */
  async stop(): Promise<void> {
    this.pause.end();
    await this.running;
    await this.options.database
      .query(`UPDATE heed.outbox_lane SET owner = NULL, expires_at = '-infinity' WHERE owner = $1`, [this.id])
      .catch(() => undefined);
  }

  private async loop(): Promise<void> {
    await this.retrying(() => this.options.publisher.connect());
    while (!this.pause.ended) {
      let published = 0;
      try {
        await this.lease();
        published = await this.publishBatch();
      } catch (error) {
        this.epochs.clear();
        this.renewedAt = 0;
        this.options.logger.warn({ err: error }, 'relay waits and tries again');
        await this.pause.for(300);
      }
      if (published < BATCH) await (this.poked ? this.pause.for(POKE_MS) : this.pause.untilPoked(POLL_MS));
    }
  }

  /** Renews this instance's lanes and takes those whose holder is silent; the new epoch fences the old holder off. */
  private async lease(): Promise<void> {
    if (Date.now() - this.renewedAt < this.leaseMs / 4) return;
    const rows = await this.options.database.query<{ lane: number; epoch: string }>(
      `WITH free AS (
         SELECT lane FROM heed.outbox_lane WHERE owner = $1 OR expires_at < clock_timestamp() ORDER BY lane FOR UPDATE SKIP LOCKED)
       UPDATE heed.outbox_lane l
          SET epoch = CASE WHEN l.owner = $1 THEN l.epoch ELSE l.epoch + 1 END, owner = $1,
              expires_at = clock_timestamp() + $2 * interval '1 millisecond'
         FROM free WHERE l.lane = free.lane RETURNING l.lane, l.epoch`,
      [this.id, this.leaseMs],
    );
    this.epochs = new Map(rows.map((row) => [row.lane, row.epoch]));
    this.renewedAt = Date.now();
    const [oldest] = await this.options.database.query<{ age: number | null }>(
      `SELECT extract(epoch FROM clock_timestamp() - created_at)::float AS age FROM heed.outbox ORDER BY seq LIMIT 1`,
    );
    outboxAge.set(oldest?.age ?? 0);
  }

  private async publishBatch(): Promise<number> {
    this.poked = false;
    const now = Date.now();
    for (const [topic, until] of this.parked) if (until <= now) this.parked.delete(topic);
    const rows = await this.options.database.query<OutboxRow>(
      `SELECT seq, lane, topic, key, headers, value FROM heed.outbox
        WHERE lane = ANY($1) AND NOT topic = ANY($2) ORDER BY seq LIMIT ${BATCH}`,
      [[...this.epochs.keys()], [...this.parked.keys()]],
    );
    if (rows.length === 0) return 0;
    failpoint('relay.before-publish');
    const done = await this.send(upTo(BATCH_BYTES, rows));
    if (done.length === 0) return 0;
    failpoint('relay.after-publish');
    await this.options.database.query(
      `DELETE FROM heed.outbox o USING heed.outbox_lane l, unnest($1::bigint[], $2::bigint[]) AS p(seq, epoch)
        WHERE o.seq = p.seq AND l.lane = o.lane AND l.owner = $3 AND l.epoch = p.epoch`,
      [done.map((row) => row.seq), done.map((row) => this.epochs.get(row.lane) ?? '-1'), this.id],
    );
    for (const row of done) outboxPublished.inc({ topic: row.topic });
    return done.length;
  }

  /** All in one request; if that fails, topic by topic, so that one that refuses is parked alone. */
  private async send(rows: readonly OutboxRow[]): Promise<readonly OutboxRow[]> {
    const messages = rows.map((row) => ({ topic: row.topic, key: row.key, value: row.value, headers: hopHeaders(row) }));
    try {
      await this.options.publisher.publish(messages);
      return rows;
    } catch (error) {
      const topics = [...new Set(rows.map((row) => row.topic))];
      this.options.logger.warn({ topics, count: rows.length, err: error }, 'publishing failed, topics are tried one by one');
    }
    const done: OutboxRow[] = [];
    const refusing: string[] = [];
    for (const topic of new Set(rows.map((row) => row.topic))) {
      if (this.pause.ended || (refusing.length > 1 && done.length === 0)) break; // all of Kafka is away, not a topic
      try {
        await this.options.publisher.publish(messages.filter((message) => message.topic === topic));
        done.push(...rows.filter((row) => row.topic === topic));
      } catch (error) {
        refusing.push(topic);
        this.options.logger.warn({ topic, err: error }, 'topic refuses');
      }
    }
    // Shorter when nothing got through: it may be all of Kafka, but rows of a bad topic must not fill every batch either.
    for (const topic of refusing) this.parked.set(topic, Date.now() + (done.length > 0 ? PARK_MS : OUTAGE_PARK_MS));
    return done;
  }

  private async retrying(work: () => Promise<void>): Promise<void> {
    while (!this.pause.ended) {
      try {
        return await work();
      } catch {
        await this.pause.for(500);
      }
    }
  }
}

function upTo(bytes: number, rows: readonly OutboxRow[]): readonly OutboxRow[] {
  let sum = 0;
  const cut = rows.findIndex((row, i) => (sum += sizeOf(row)) > bytes && i > 0);
  return cut < 0 ? rows : rows.slice(0, cut);
}

/** Of a record on the wire, a little too much: small events have more headers than value. */
function sizeOf(row: OutboxRow): number {
  return Buffer.byteLength(row.value ?? '') + Buffer.byteLength(row.key) + Buffer.byteLength(JSON.stringify(row.headers)) + RECORD_BYTES;
}

function hopHeaders(row: OutboxRow): Record<string, string> {
  const traceparent = markSpan(`${row.topic} publish`, { kind: SpanKind.PRODUCER, traceparent: row.headers['ce_traceparent'] });
  return traceparent ? { ...row.headers, traceparent } : row.headers;
}
