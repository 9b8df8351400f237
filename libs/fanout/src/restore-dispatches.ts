import { COMMAND_BY_KIND } from '@heed/contracts-fanout';
import { isHeedError } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { activeMap } from './data-map.store.js';
import { chooseTargets } from './targets.js';
import type { MapSnapshot } from './targets.js';
import type { NewDispatch } from './types.js';
import { DEADLINES, SENDING } from './work.js';

/** How long what was sent before waits for the answers that are read again, in milliseconds; then it is sent again. */
const LISTEN_FIRST_MS = 60_000;

/** A dispatch that the owner knows there was. */
export interface LostDispatch extends NewDispatch {
  readonly createdAt: Date;
}

/** What its commands say of it. */
interface Sent {
  readonly aliases: readonly string[];
  readonly version: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly targets: readonly string[];
  readonly mapVersion: number;
}

export interface RestoredDispatches {
  readonly restored: number;
  /** Never sent, and there is no data map that says to whom. */
  readonly withoutMap: number;
}

/**
 * Puts dispatches back that an older copy of the database lacks. Stores that had been asked have mostly answered: the answers
 * are read again, and who is still silent after a minute is asked again, which an agent answers from its journal. What had
 * never left is sent now.
 * @param published what the owner has published: its commands name the stores, the aliases and the version
 */
export async function restoreDispatches(tx: Tx, owner: string, lost: readonly LostDispatch[], published: readonly HeedEvent[]): Promise<RestoredDispatches> {
  if (lost.length === 0) return { restored: 0, withoutMap: 0 };
  const sent = commandsOf(published, owner);
  const map = await mapIfActive(tx);
  const now = tx.clock.now();
  const rows = lost.flatMap((dispatch) => {
    const command = sent.get(dispatch.id);
    if (command) return [{ ...dispatch, ...command, sendAt: new Date(now.getTime() + LISTEN_FIRST_MS) }];
    return map ? [{ ...dispatch, aliases: dispatch.aliases ?? [], targets: chooseTargets(dispatch.kind, dispatch.body, map).targets, mapVersion: map.mapVersion, sendAt: now }] : [];
  });
  const restored = await insert(tx, rows);
  await supersede(tx, rows.map(({ ref }) => ref));
  if (restored.length > 0) {
    const [sends, dues] = [rows.map(({ sendAt }) => sendAt), rows.map(({ dueAt }) => dueAt)].map((times) => new Set(times.map((time) => time.getTime())));
    await remind(tx, ...[...sends!].map((at) => ({ work: SENDING, at: new Date(at) })), ...[...dues!].map((at) => ({ work: DEADLINES, at: new Date(at) })));
  }
  return { restored: restored.length, withoutMap: lost.length - rows.length };
}

/** Every dispatch that was sent, with all stores it was ever sent to. */
function commandsOf(published: readonly HeedEvent[], owner: string): ReadonlyMap<string, Sent> {
  const definitions = new Map<string, (typeof COMMAND_BY_KIND)[keyof typeof COMMAND_BY_KIND]>(Object.values(COMMAND_BY_KIND).map((one) => [one.type, one]));
  const sent = new Map<string, Sent>();
  for (const event of published) {
    const parsed = definitions.get(event.type)?.data.safeParse(event.data);
    if (!parsed?.success || parsed.data.owner !== owner) continue;
    const { dispatchId, owner: _, ref: __, aliases, version, targets, mapVersion, issuedAt: ___, sealed: ____, ...rest } = parsed.data;
    const { clearance: _____, ...body } = rest as Record<string, unknown>;
    const before = sent.get(dispatchId)?.targets ?? [];
    sent.set(dispatchId, { aliases, version, body, mapVersion, targets: [...new Set([...before, ...targets])] });
  }
  return sent;
}

async function mapIfActive(tx: Tx): Promise<MapSnapshot | undefined> {
  return activeMap(tx).catch((error: unknown) => {
    if (isHeedError(error) && error.code === 'data_map_not_ready') return undefined;
    throw error;
  });
}

async function insert(tx: Tx, rows: readonly object[]): Promise<readonly { id: string }[]> {
  return tx.query<{ id: string }>(
    `WITH d AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS d(id text, kind text, ref text, aliases text[], version bigint, cause jsonb, body jsonb,
         "mapVersion" int, "createdAt" timestamptz, "dueAt" timestamptz, "sendAt" timestamptz, targets text[])),
     saved AS (
       INSERT INTO dispatch (id, kind, ref, aliases, version, cause, body, state, map_version, correlation_id, created_at, due_at, attempt, send_at, clearance, closed_at)
       SELECT id, kind, ref, aliases, version, cause, body, CASE WHEN targets = '{}' THEN 'done' ELSE 'in_progress' END, "mapVersion", id, "createdAt", "dueAt", 1,
              CASE WHEN targets = '{}' THEN NULL ELSE "sendAt" END, CASE WHEN kind = 'erasure' THEN 'wanted' ELSE 'not_needed' END,
              CASE WHEN targets = '{}' THEN "createdAt" END FROM d
       ON CONFLICT (id) DO NOTHING RETURNING id),
     aimed AS (
       INSERT INTO dispatch_target (dispatch_id, data_store, state) SELECT d.id, t, 'pending' FROM d JOIN saved USING (id), unnest(d.targets) AS t)
     SELECT id FROM saved`,
    [JSON.stringify(rows)],
  );
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
