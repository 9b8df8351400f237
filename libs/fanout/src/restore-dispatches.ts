import { COMMAND_BY_KIND } from '@heed/contracts-fanout';
import type { CommandKind } from '@heed/contracts-fanout';
import type { HeedEvent } from '@heed/kernel';
import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import type { NewDispatch } from './types.js';
import { DEADLINES, SENDING } from './work.js';

/** How long what was sent before waits for the answers that are read again, in milliseconds; then it is sent again. */
const LISTEN_FIRST_MS = 60_000;

export interface KnownDispatch extends NewDispatch {
  readonly createdAt: Date;
  readonly targets: readonly string[];
  readonly mapVersion: number;
}

const KINDS = new Map(Object.entries(COMMAND_BY_KIND).map(([kind, { type }]) => [type, kind as CommandKind]));

/**
 * The dispatches behind commands that an owner has sent, each with all stores it was ever sent to.
 * @param about what the owner knows of the rest
 */
export function dispatchesOf(
  published: readonly HeedEvent[],
  owner: string,
  about: (kind: CommandKind, data: Readonly<Record<string, unknown>>, at: Date) => Pick<KnownDispatch, 'cause' | 'dueAt'>,
): readonly KnownDispatch[] {
  const found = new Map<string, KnownDispatch>();
  for (const event of published) {
    const kind = KINDS.get(event.type);
    const parsed = kind && COMMAND_BY_KIND[kind].data.safeParse(event.data);
    if (!kind || !parsed?.success || parsed.data.owner !== owner) continue;
    const { dispatchId: id, owner: _, ref, aliases, version, targets, mapVersion, issuedAt, sealed: __, ...rest } = parsed.data;
    const { clearance: ___, ...body } = rest as Record<string, unknown>;
    const before = found.get(id);
    const createdAt = before?.createdAt ?? new Date(issuedAt);
    const all = [...new Set([...(before?.targets ?? []), ...targets])];
    found.set(id, { id, kind, ref, aliases, version, body, createdAt, targets: all, mapVersion, ...about(kind, body, createdAt) });
  }
  return [...found.values()];
}

/**
 * Puts dispatches back that an older copy of the database lacks. Their stores have mostly answered: the answers are read
 * again, and who is still silent after a minute is asked again, which an agent answers from its journal.
 * @returns how many were missing
 */
export async function restoreDispatches(tx: Tx, known: readonly KnownDispatch[]): Promise<number> {
  if (known.length === 0) return 0;
  const sendAt = new Date(tx.clock.now().getTime() + LISTEN_FIRST_MS);
  const rows = await tx.query<{ id: string; due_at: Date }>(
    `WITH d AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS d(id text, kind text, ref text, aliases text[], version bigint, cause jsonb, body jsonb,
         "mapVersion" int, "createdAt" timestamptz, "dueAt" timestamptz, targets text[])),
     saved AS (
       INSERT INTO dispatch (id, kind, ref, aliases, version, cause, body, state, map_version, correlation_id, created_at, due_at, attempt, send_at, clearance)
       SELECT id, kind, ref, aliases, version, cause, body, 'in_progress', "mapVersion", id, "createdAt", "dueAt", 1, $2,
              CASE WHEN kind = 'erasure' THEN 'wanted' ELSE 'not_needed' END FROM d
       ON CONFLICT (id) DO NOTHING RETURNING id, due_at),
     aimed AS (
       INSERT INTO dispatch_target (dispatch_id, data_store, state) SELECT d.id, t, 'pending' FROM d JOIN saved USING (id), unnest(d.targets) AS t)
     SELECT id, due_at FROM saved`,
    [JSON.stringify(known), sendAt],
  );
  await supersede(tx, known.map(({ ref }) => ref));
  const dueAts = new Set(rows.map((row) => row.due_at.getTime()));
  if (rows.length > 0) await remind(tx, { work: SENDING, at: sendAt }, ...[...dueAts].map((time) => ({ work: DEADLINES, at: new Date(time) })));
  return rows.length;
}

/** Of decisions about one person and the same purposes the newest counts. */
async function supersede(tx: Tx, refs: readonly string[]): Promise<void> {
  await tx.query(
    `UPDATE dispatch d SET effective = false
      WHERE d.ref = ANY($1) AND d.effective AND d.kind IN ('withdrawal', 'grant') AND EXISTS (
        SELECT 1 FROM dispatch l WHERE l.ref = d.ref AND l.kind IN ('withdrawal', 'grant') AND l.version > d.version AND (d.body->'purposes') <@ (l.body->'purposes'))`,
    [[...new Set(refs)]],
  );
}
