import { consentStateHeartbeat, STATE_KEYS } from '@heed/contracts-consent';
import { cloudEventHeaders, fillTopic, newEvent } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { laneOf } from '@heed/outbox';
import type { Database } from '@heed/persistence';
import type pg from 'pg';
import { FEED_LOCK } from './state-feed.store.js';

/** Between two heartbeats of a tenant, in milliseconds: a fifteenth of how old an SDK's view may be. */
export const BEAT_MS = 2000;
const TOPIC = consentStateHeartbeat.topics[0] ?? '';

interface Feeding {
  readonly tenant: string;
  readonly epoch: number;
  readonly build: number;
  readonly policyVersion: number;
  readonly at: Date;
}

/**
 * Says on each consent-state topic up to when it is complete. For all tenants at once, in a handful of statements, by
 * whichever instance comes first.
 *
 * What is decided is decided under a lock that is taken after the look began, or is seen here as held, or stands in the outbox
 * already: so the earliest of the three is the time before which nothing is missing.
 */
export class ConsentStateBeat {
  constructor(private readonly deps: { readonly database: Database; readonly clock: Clock; readonly topicPrefix: string }) {}

  run(): Promise<void> {
    return this.deps.database.transaction((client) => this.beat(client));
  }

  private async beat(client: pg.PoolClient): Promise<void> {
    const [last] = (await client.query<{ under_way: Record<string, string>; looked_at: Date | null; now: Date }>(LAST, [BEAT_MS])).rows;
    if (!last) return; // another instance has just looked
    const locks = (await client.query<{ tenant: string; name: string }>(UNDER_WAY)).rows;
    const waiting = new Map((await client.query<{ topic: string; since: Date | null; beats: boolean }>(WAITING, [STATE_KEYS.heartbeat])).rows.map((row) => [row.topic, row]));
    // Whoever held no lock at the last look has taken it since: no earlier than then.
    const underWay = Object.fromEntries(locks.map(({ name }) => [name, last.under_way[name] ?? (last.looked_at ?? new Date(0)).toISOString()]));
    const oldest = new Map<string, number>();
    for (const { tenant, name } of locks) oldest.set(tenant, Math.min(oldest.get(tenant) ?? Infinity, Date.parse(underWay[name] ?? '')));
    const rows: { lane: number; topic: string; headers: string; value: string }[] = [];
    for (const [tenant, changes] of Map.groupBy((await client.query<Feeding>(FEEDING)).rows, (row) => row.tenant)) {
      const topic = this.deps.topicPrefix + fillTopic(TOPIC, { tenant });
      const queued = waiting.get(topic);
      if (queued?.beats) continue; // Kafka takes nothing of this topic now: one heartbeat that waits is enough
      const until = new Date(Math.min(last.now.getTime(), queued?.since?.getTime() ?? Infinity, oldest.get(tenant) ?? Infinity));
      const known = changes.findLast(({ build, at }) => build === 0 || at < until);
      if (known && until.getTime() > 0) rows.push(this.row(topic, known, until));
    }
    await client.query(SAVE, [last.now, JSON.stringify(underWay)]);
    if (rows.length > 0) await client.query(APPEND, [laneOf(STATE_KEYS.heartbeat), rows.map((r) => r.topic), STATE_KEYS.heartbeat, rows.map((r) => r.headers), rows.map((r) => r.value)]);
    await client.query(TIDY);
  }

  private row(topic: string, { tenant, epoch, build, policyVersion }: Feeding, until: Date): { lane: number; topic: string; headers: string; value: string } {
    const data = { v: 1, completeUntil: until.toISOString(), epoch, build, policyVersion } as const;
    const { event } = newEvent(consentStateHeartbeat, { source: '/heed/consent', tenant, key: STATE_KEYS.heartbeat, clock: this.deps.clock, data });
    return { lane: laneOf(event.key), topic, headers: JSON.stringify(cloudEventHeaders(event)), value: JSON.stringify(event.data) };
  }
}

const LAST = `SELECT under_way, nullif(looked_at, '-infinity') AS looked_at, clock_timestamp() AS now FROM heed.state_beat
  WHERE looked_at < clock_timestamp() - $1 * interval '0.9 milliseconds' FOR UPDATE SKIP LOCKED`;
/** The lock's second number is hashtext of the schema, as whoever publishes takes it. */
const UNDER_WAY = `SELECT t.id AS tenant, l.pid || ':' || l.virtualtransaction || ':' || t.id AS name
  FROM pg_locks l JOIN heed.tenant t ON l.objid::bigint = hashtext('t_' || t.id)::bigint & 4294967295
 WHERE l.locktype = 'advisory' AND l.classid = ${FEED_LOCK} AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
const WAITING = `SELECT topic, min(created_at) FILTER (WHERE key <> $1) AS since, bool_or(key = $1) AS beats
  FROM heed.outbox WHERE topic LIKE '%.consent-state.v1' GROUP BY topic`;
const FEEDING = `SELECT tenant, epoch, build::float8 AS build, policy_version AS "policyVersion", at FROM heed.state_feed_change c
  WHERE EXISTS (SELECT 1 FROM heed.tenant t WHERE t.id = c.tenant AND t.state = 'active') ORDER BY tenant, seq`;
const SAVE = 'UPDATE heed.state_beat SET looked_at = $1, under_way = $2';
const APPEND = `INSERT INTO heed.outbox (lane, topic, key, headers, value)
  SELECT $1, t, $3, h::jsonb, v FROM unnest($2::text[], $4::text[], $5::text[]) AS o(t, h, v)`;
/** Older than anything that could still be waiting, and not the newest; or of a tenant that is gone. */
const TIDY = `DELETE FROM heed.state_feed_change c WHERE c.at < now() - interval '1 hour'
  AND (c.seq < (SELECT max(n.seq) FROM heed.state_feed_change n WHERE n.tenant = c.tenant AND n.at < now() - interval '1 hour')
       OR NOT EXISTS (SELECT 1 FROM heed.tenant t WHERE t.id = c.tenant))`;
