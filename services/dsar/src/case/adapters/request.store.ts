import { notFound } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { z } from 'zod';
import type { RequestState } from '../domain/request-state.js';

/** A case as it is stored. */
export interface RequestRow {
  readonly id: string;
  readonly type: string;
  readonly state: RequestState;
  readonly ref: string | null;
  readonly aliases: string[];
  /** Refs of which somebody has to say whether it is about them. */
  readonly asks_about: string[];
  readonly jurisdiction: string | null;
  readonly channel: string;
  readonly opened_by: string;
  readonly policy_version: number;
  readonly message: Buffer | null;
  readonly received_at: Date;
  readonly acknowledge_by: Date | null;
  readonly acknowledge_source: string | null;
  readonly due: Date;
  readonly due_source: string;
  readonly acknowledged_at: Date | null;
  readonly extensions: number;
  readonly verified_at: Date | null;
  readonly verified_by: string | null;
  readonly verification_method: string | null;
  readonly approved_at: Date | null;
  readonly approved_by: string | null;
  readonly closed_at: Date | null;
  readonly dispatch_ids: string[];
  readonly certificate_id: string | null;
  readonly status_token: Buffer;
  /** Null once what was written is gone. */
  readonly key_id: string | null;
}

const COLUMNS = `id, type, state, ref, aliases, asks_about, jurisdiction, channel, opened_by, policy_version, message, received_at, acknowledge_by,
  acknowledge_source, due, due_source, acknowledged_at, extensions, verified_at, verified_by, verification_method, approved_at,
  approved_by, closed_at, dispatch_ids, certificate_id, status_token, key_id`;

/** @throws HeedError `not_found` also for what is no id at all */
export async function findRequest(tx: Tx, id: string, lock: 'FOR UPDATE' | '' = ''): Promise<RequestRow> {
  if (!z.uuid().safeParse(id).success) throw notFound('request');
  const [row] = await tx.query<RequestRow>(`SELECT ${COLUMNS} FROM request WHERE id = $1 ${lock}`, [id]);
  if (!row) throw notFound('request');
  return row;
}

/** Locked in the order of their ids, so that two batches cannot wait for each other. */
export async function lockRequests(tx: Tx, ids: readonly string[]): Promise<readonly RequestRow[]> {
  return tx.query<RequestRow>(`SELECT ${COLUMNS} FROM request WHERE id = ANY($1) ORDER BY id FOR UPDATE`, [ids]);
}

export async function listRequests(tx: Tx, wanted: { before: string; limit: number; state: RequestState | null }): Promise<readonly RequestRow[]> {
  return tx.query<RequestRow>(
    `SELECT ${COLUMNS} FROM request WHERE id < $1 AND ($3::text IS NULL OR state = $3) ORDER BY id DESC LIMIT $2`,
    [wanted.before, wanted.limit + 1, wanted.state],
  );
}

/** One line of a case's timeline. */
export interface TimelineEntry {
  readonly requestId: string;
  readonly kind: string;
  readonly actor: string;
  readonly at?: Date;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly note?: Buffer | undefined;
}

export async function appendTimeline(tx: Tx, entries: readonly TimelineEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const now = tx.clock.now();
  await tx.query(
    `INSERT INTO request_event (request_id, kind, at, actor, data, note)
     SELECT r, k, t, a, d::jsonb, n
       FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::bytea[]) AS e(r, k, t, a, d, n)`,
    [
      entries.map((e) => e.requestId),
      entries.map((e) => e.kind),
      entries.map((e) => e.at ?? now),
      entries.map((e) => e.actor),
      entries.map((e) => JSON.stringify(e.data ?? {})),
      entries.map((e) => e.note ?? null),
    ],
  );
}

/** Raises people's versions under their rows' locks, in the order of the refs. */
export async function raiseVersion(tx: Tx, ref: string): Promise<number> {
  const [row] = await tx.query<{ version: string }>(
    'INSERT INTO person (ref, version) VALUES ($1, 1) ON CONFLICT (ref) DO UPDATE SET version = person.version + 1 RETURNING version',
    [ref],
  );
  return Number(row?.version ?? 1);
}
