import { randomUUID } from 'node:crypto';
import { failpoint, InterruptiblePause } from '@heed/kernel';
import type { Publisher } from '@heed/kafka';
import { markSpan, outboxAge, outboxPublished, SpanKind } from '@heed/observability';
import type { Logger } from '@heed/observability';
import { eventsIn } from '@heed/persistence';
import type { Database, OutboxRow, PendingRow } from '@heed/persistence';

type WaitingRow = OutboxRow & { readonly seq: string; /** Of all values read up to this one. */ readonly read: string };

export interface RelayOptions {
  readonly database: Database;
  readonly publisher: Publisher;
  readonly logger: Logger;
  /** How long a silent holder keeps its lanes, in milliseconds. */
  readonly leaseMs?: number;
}

/** Rows and bytes of one look; the row in which the bytes are reached comes too. */
const BATCH = 500;
const READ_BYTES = 4_000_000;
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
      let more = false;
      try {
        await this.lease();
        more = await this.publishBatch();
      } catch (error) {
        this.epochs.clear();
        this.renewedAt = 0;
        this.options.logger.warn({ err: error }, 'relay waits and tries again');
        await this.pause.for(300);
      }
      if (!more) await (this.poked ? this.pause.for(POKE_MS) : this.pause.untilPoked(POLL_MS));
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

  /** @returns whether there is more to publish at once */
  private async publishBatch(): Promise<boolean> {
    this.poked = false;
    const now = Date.now();
    for (const [topic, until] of this.parked) if (until <= now) this.parked.delete(topic);
    const rows = await this.options.database.query<WaitingRow>(
      `SELECT seq, lane, topic, key, headers, value, packed, read FROM (
         SELECT *, sum(coalesce(octet_length(value), 0)) OVER (ORDER BY seq) AS read FROM heed.outbox
          WHERE lane = ANY($1) AND NOT topic = ANY($2) ORDER BY seq LIMIT ${BATCH}) AS w
        WHERE read - coalesce(octet_length(value), 0) < ${READ_BYTES} ORDER BY seq`,
      [[...this.epochs.keys()], [...this.parked.keys()]],
    );
    if (rows.length === 0) return false;
    failpoint('relay.before-publish');
    const done: Waiting[] = [];
    for (const request of requests(rows)) {
      const sent = await this.send(request);
      done.push(...sent);
      if (sent.length < request.length) break; // the next look passes over what refuses
    }
    if (done.length === 0) return false;
    failpoint('relay.after-publish');
    await this.options.database.query(
      `DELETE FROM heed.outbox o USING heed.outbox_lane l, unnest($1::bigint[], $2::bigint[]) AS p(seq, epoch)
        WHERE o.seq = p.seq AND l.lane = o.lane AND l.owner = $3 AND l.epoch = p.epoch`,
      [done.map(({ row }) => row.seq), done.map(({ row }) => this.epochs.get(row.lane) ?? '-1'), this.id],
    );
    for (const { row, events } of done) outboxPublished.inc({ topic: row.topic }, events.length);
    return rows.length === BATCH || Number(rows.at(-1)?.read) >= READ_BYTES;
  }

  /** All in one request; if that fails, topic by topic, so that one that refuses is parked alone. */
  private async send(waiting: readonly Waiting[]): Promise<readonly Waiting[]> {
    const messagesOf = (some: readonly Waiting[]): Message[] => some.flatMap(({ events }) => events.map((event) => ({ topic: event.topic, key: event.key, value: event.value, headers: hopHeaders(event) })));
    try {
      await this.options.publisher.publish(messagesOf(waiting));
      return waiting;
    } catch (error) {
      const topics = [...new Set(waiting.map(({ row }) => row.topic))];
      this.options.logger.warn({ topics, count: waiting.length, err: error }, 'publishing failed, topics are tried one by one');
    }
    const done: Waiting[] = [];
    const refusing: string[] = [];
    for (const [topic, own] of Map.groupBy(waiting, ({ row }) => row.topic)) {
      if (this.pause.ended || (refusing.length > 1 && done.length === 0)) break; // all of Kafka is away, not a topic
      try {
        await this.options.publisher.publish(messagesOf(own));
        done.push(...own);
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

/** A row with what it says. */
interface Waiting {
  readonly row: WaitingRow;
  readonly events: readonly PendingRow[];
}

type Message = Parameters<Publisher['publish']>[0][number];

/** As much at a time as Kafka takes; a row is never divided. */
function* requests(rows: readonly WaitingRow[]): Generator<readonly Waiting[]> {
  let request: Waiting[] = [];
  let bytes = 0;
  for (const row of rows) {
    const events = eventsIn(row);
    const size = events.reduce((sum, event) => sum + sizeOf(event), 0);
    if (request.length > 0 && bytes + size > BATCH_BYTES) {
      yield request;
      [request, bytes] = [[], 0];
    }
    request.push({ row, events });
    bytes += size;
  }
  yield request;
}

/** Of a record on the wire, a little too much: small events have more headers than value. */
function sizeOf({ key, headers, value }: PendingRow): number {
  return Buffer.byteLength(value ?? '') + Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(headers)) + RECORD_BYTES;
}

function hopHeaders({ topic, headers }: PendingRow): Record<string, string> {
  const traceparent = markSpan(`${topic} publish`, { kind: SpanKind.PRODUCER, traceparent: headers['ce_traceparent'] });
  return traceparent ? { ...headers, traceparent } : { ...headers };
}
