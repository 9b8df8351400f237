import type { Cause, DispatchOwner, HeedEvent } from '@heed/kernel';
import type { Acknowledgement } from '@heed/contracts-fanout';
import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { acknowledge, settle, tellSettled } from './acknowledge.js';
import { revokedKeys, sendWaitingFor } from './agent-keys.js';
import { activateMap, activeMap, keepProposedMap } from './data-map.store.js';
import { lockDispatches } from './lock-dispatches.js';
import { addMissingTargets } from './missing-targets.js';
import { mapChangedForReplay } from './replay-vault.js';
import { UNANSWERED } from './nobody.js';
import { chooseTargets } from './targets.js';
import type { FanoutOptions, NewDispatch, OpenedDispatch } from './types.js';
import { DEADLINES, SENDING } from './work.js';

/** Kinds that destroy: nothing of them leaves without retention's clearance. */
const DESTRUCTIVE = new Set(['erasure']);
/** Pause before retention is asked about a store that still holds somebody back, in milliseconds. */
const HELD_BY_STORE_PAUSE = 5_000;

/** Dispatches and their targets of one owner: opened in the transaction of their cause, settled by acknowledgements. */
export class Fanout {
  private poke: () => void = () => undefined;

  constructor(private readonly options: FanoutOptions) {}

  get owner(): DispatchOwner {
    return this.options.owner;
  }

  /** The sender asks to be told of new work. */
  onWork(poke: () => void): void {
    this.poke = poke;
  }

  /**
   * Saves dispatches with their targets. What needs no clearance is sent right after the commit.
   * @throws HeedError `data_map_not_ready`
   * @example await fanout.open(tx, [{ id, kind: 'withdrawal', ref, version, cause, body: { purposes }, dueAt }])
   */
  async open(tx: Tx, wanted: readonly NewDispatch[], causes?: ReadonlyMap<string, Cause>): Promise<readonly OpenedDispatch[]> {
    if (wanted.length === 0) return [];
    const map = await activeMap(tx);
    const now = tx.clock.now();
    const opened = wanted.map((dispatch) => {
      const choice = chooseTargets(dispatch.kind, dispatch.body, map);
      const state = choice.targets.length === 0 ? ('done' as const) : ('in_progress' as const);
      return { ...dispatch, ...choice, mapVersion: map.mapVersion, state };
    });
    const rows = opened.map((d) => {
      const cause = causes?.get(d.id) ?? tx.cause;
      return {
        id: d.id, kind: d.kind, ref: d.ref, aliases: d.aliases ?? [], version: d.version, cause: d.cause, body: d.body, state: d.state,
        map_version: map.mapVersion, skipped: d.skipped, correlation_id: cause?.correlationId ?? d.id, traceparent: cause?.traceparent ?? null,
        created_at: now, due_at: d.dueAt, attempt: 0,
        send_at: d.state === 'done' || DESTRUCTIVE.has(d.kind) ? null : now,
        clearance: DESTRUCTIVE.has(d.kind) ? 'asked' : 'not_needed',
        closed_at: d.state === 'done' ? now : null,
        targets: d.targets,
      };
    });
    await tx.query(
      `WITH d AS (
         SELECT * FROM jsonb_to_recordset($1::jsonb) AS d(id text, kind text, ref text, aliases text[], version bigint, cause jsonb, body jsonb,
           state text, map_version int, skipped jsonb, correlation_id text, traceparent text, created_at timestamptz, due_at timestamptz,
           attempt int, send_at timestamptz, clearance text, closed_at timestamptz, targets text[])),
       saved AS (
         INSERT INTO dispatch (id, kind, ref, aliases, version, cause, body, state, map_version, skipped, correlation_id, traceparent,
           created_at, due_at, attempt, send_at, clearance, closed_at)
         SELECT id, kind, ref, aliases, version, cause, body, state, map_version, skipped, correlation_id, traceparent,
           created_at, due_at, attempt, send_at, clearance, closed_at FROM d RETURNING id)
       INSERT INTO dispatch_target (dispatch_id, data_store, state) SELECT d.id, t, 'pending' FROM d JOIN saved USING (id), unnest(d.targets) AS t`,
      [JSON.stringify(rows)],
    );
    const dueAts = new Set(wanted.map((d) => d.dueAt.getTime()));
    await this.remind(tx, now, ...[...dueAts].map((time) => new Date(time)));
    const destructive = opened.filter((d) => DESTRUCTIVE.has(d.kind) && d.state !== 'done');
    this.askClearance(tx, destructive.map((d) => ({ id: d.id, ref: d.ref, aliases: d.aliases ?? [], attempt: 1 })));
    return opened;
  }

  private askClearance(tx: Tx, dispatches: readonly { id: string; ref: string; aliases: readonly string[]; attempt: number }[]): void {
    if (dispatches.length > 0) this.options.hooks?.askClearance?.(tx, dispatches);
  }

  /** Retention says yes: the dispatch may be sent until the clearance ends, also to stores that answered `held` before. */
  async cleared(tx: Tx, given: readonly { dispatchId: string; clearanceId: string; expiresAt: string }[]): Promise<void> {
    await lockDispatches(tx, given.map((g) => g.dispatchId));
    await tx.query(
      `UPDATE dispatch d SET clearance = 'given', clearance_id = g.clearance_id, clearance_ends = g.ends, send_at = $2,
              state = CASE WHEN d.state = 'held' THEN 'in_progress' ELSE d.state END
         FROM jsonb_to_recordset($1::jsonb) AS g("dispatchId" text, clearance_id uuid, ends timestamptz)
        WHERE d.id = g."dispatchId" AND d.state NOT IN ('done', 'cancelled')`,
      [JSON.stringify(given.map((g) => ({ dispatchId: g.dispatchId, clearance_id: g.clearanceId, ends: g.expiresAt }))), tx.clock.now()],
    );
    await tx.query(`UPDATE dispatch_target SET state = 'pending', reason = NULL WHERE dispatch_id = ANY($1) AND state = 'held'`, [given.map((g) => g.dispatchId)]);
    await this.remind(tx, tx.clock.now(), tx.clock.now()); // a time may have passed while a hold stood
  }

  /** Retention says no: a legal hold. Waits for the release. */
  async heldBack(tx: Tx, dispatchIds: readonly string[]): Promise<void> {
    await lockDispatches(tx, dispatchIds);
    await tx.query(`UPDATE dispatch SET state = 'held', send_at = NULL, clearance = 'wanted' WHERE id = ANY($1) AND state NOT IN ('done', 'cancelled')`, [dispatchIds]);
    await tx.query(
      `UPDATE dispatch_target SET state = 'held', reason = 'legal_hold' WHERE dispatch_id = ANY($1) AND state IN ('pending', 'overdue', 'escalated')`,
      [dispatchIds],
    );
  }

  /**
   * A hold is over: what it held back asks for clearance again, and its stores have their whole time from now on.
   * @returns the dispatches that go on
   */
  async released(tx: Tx, refs: readonly string[]): Promise<readonly string[]> {
    const rows = await tx.query<{ id: string; ref: string; aliases: string[]; attempt: number; due_at: Date }>(
      `UPDATE dispatch d SET state = 'in_progress', clearance = 'asked', send_at = NULL, attempt = d.attempt + 1,
              due_at = GREATEST(d.due_at, $3::timestamptz + (d.due_at - d.created_at))
        WHERE d.id IN (
          SELECT id FROM dispatch w WHERE kind = ANY($2) AND effective AND state NOT IN ('done', 'cancelled') AND (ref = ANY($1) OR aliases && $1)
             AND (state = 'held' OR EXISTS (SELECT 1 FROM dispatch_target t WHERE t.dispatch_id = w.id AND t.state = 'held'))
           ORDER BY id FOR NO KEY UPDATE)
        RETURNING d.id, d.ref, d.aliases, d.attempt, d.due_at`,
      [refs, [...DESTRUCTIVE], tx.clock.now()],
    );
    await tx.query(`UPDATE dispatch_target SET state = 'pending', reason = NULL WHERE dispatch_id = ANY($1) AND state = 'held'`, [rows.map((r) => r.id)]);
    await remind(tx, ...rows.map((r) => ({ work: DEADLINES, at: r.due_at })));
    this.askClearance(tx, rows.map((r) => ({ id: r.id, ref: r.ref, aliases: r.aliases, attempt: r.attempt + 1 })));
    return rows.map((r) => r.id);
  }

  /** Nothing of these is sent until `goOn`; what retention says meanwhile does not change that, the owner sees to it. */
  async paused(tx: Tx, dispatchIds: readonly string[]): Promise<void> {
    await lockDispatches(tx, dispatchIds);
    await tx.query(`UPDATE dispatch SET send_at = NULL, clearance = 'wanted' WHERE id = ANY($1) AND state NOT IN ('done', 'cancelled')`, [dispatchIds]);
  }

  /**
   * What was paused asks retention again; what a hold keeps back waits for its release.
   * @param without refs that it is not about any more
   */
  async goOn(tx: Tx, dispatchIds: readonly string[], without: readonly string[] = []): Promise<void> {
    await lockDispatches(tx, dispatchIds);
    const rows = await tx.query<{ id: string; ref: string; aliases: string[]; attempt: number; state: string }>(
      `UPDATE dispatch SET aliases = ARRAY(SELECT a FROM unnest(aliases) WITH ORDINALITY AS u(a, n) WHERE a <> ALL($2) ORDER BY n),
              clearance = CASE WHEN state = 'held' THEN clearance ELSE 'asked' END, attempt = attempt + CASE WHEN state = 'held' THEN 0 ELSE 1 END
        WHERE id = ANY($1) AND state NOT IN ('done', 'cancelled') RETURNING id, ref, aliases, attempt, state`,
      [dispatchIds, without],
    );
    this.askClearance(tx, rows.filter(({ state }) => state !== 'held').map(({ id, ref, aliases, attempt }) => ({ id, ref, aliases, attempt: attempt + 1 })));
  }

  /** These decisions took the place of earlier ones, also of the same transaction: a store that is mapped later is told the last alone. */
  async superseded(tx: Tx, decided: readonly { ref: string; version: number; purposes: readonly string[]; by: string }[]): Promise<void> {
    const later = decided.filter(({ version }) => version > 1); // a person's first takes nothing's place
    if (later.length === 0) return;
    await tx.query(
      `UPDATE dispatch SET effective = false WHERE id IN (
         SELECT d.id FROM dispatch d, jsonb_to_recordset($1::jsonb) AS n(ref text, version bigint, purposes jsonb, by text)
          WHERE d.ref = n.ref AND d.effective AND d.kind IN ('withdrawal', 'grant') AND (d.version, d.id) < (n.version, n.by) AND d.body->'purposes' <@ n.purposes
          ORDER BY d.id FOR NO KEY UPDATE OF d)`,
      [JSON.stringify(later)],
    );
  }

  /**
   * What was still to be told under a ref is told under the one that it was merged with: it ends as superseded, and is not
   * sent again.
   * @param lines grants of a ref; with `purposes` also withdrawals, as far as they are about these
   */
  async takenOver(tx: Tx, lines: readonly { readonly ref: string; readonly purposes?: readonly string[] }[]): Promise<void> {
    if (lines.length === 0) return;
    const ended = await tx.query<{ id: string }>(
      `UPDATE dispatch SET effective = false WHERE id IN (
         SELECT d.id FROM dispatch d, jsonb_to_recordset($1::jsonb) AS n(ref text, purposes jsonb)
          WHERE d.ref = n.ref AND d.effective AND (d.kind = 'grant' AND n.purposes IS NULL OR d.kind IN ('withdrawal', 'grant') AND d.body->'purposes' <@ n.purposes)
          ORDER BY d.id FOR NO KEY UPDATE OF d) RETURNING id`,
      [JSON.stringify(lines)],
    );
    if (ended.length === 0) return;
    const ids = ended.map((row) => row.id);
    await tx.query(
      `UPDATE dispatch_target SET state = 'superseded', reason = 'person_merged', acknowledged_at = $2 WHERE dispatch_id = ANY($1) AND state IN ${UNANSWERED}`,
      [ids, tx.clock.now()],
    );
    await settle(tx, ids);
  }

  async notEffective(tx: Tx, dispatchIds: readonly string[]): Promise<void> {
    await lockDispatches(tx, dispatchIds);
    await tx.query('UPDATE dispatch SET effective = false WHERE id = ANY($1)', [dispatchIds]);
  }

  async mapProposed(tx: Tx, mapVersion: number, stores: readonly DataStore[]): Promise<void> {
    await keepProposedMap(tx, mapVersion, stores);
    await sendWaitingFor(tx, stores, await revokedKeys(tx));
    tx.afterCommit(this.poke);
  }

  /** Activates a map version and adds the stores that are new to every effective dispatch they must heed. */
  async mapActivated(tx: Tx, mapVersion: number): Promise<void> {
    const map = await activateMap(tx, mapVersion);
    if (!map) return;
    await mapChangedForReplay(tx, map.stores.map((store) => store.id));
    const added = await addMissingTargets(tx, map, [...DESTRUCTIVE]);
    if (added.length === 0) return;
    const destructive = added.filter((d) => DESTRUCTIVE.has(d.kind));
    this.askClearance(tx, destructive.map((d) => ({ id: d.dispatch_id, ref: d.ref, aliases: d.aliases, attempt: d.attempt + 1 })));
    await this.remind(tx, tx.clock.now(), tx.clock.now());
  }

  /** Takes a batch of acknowledgements: believed ones move their targets, the others are recorded as refused. */
  async acknowledged(tx: Tx, events: readonly HeedEvent<Acknowledgement>[]): Promise<void> {
    const { settled, renew, held } = await acknowledge(tx, this.options.owner, events);
    if (renew.length > 0) {
      await tx.query(
        `UPDATE dispatch SET clearance = 'wanted', send_at = $2 WHERE id = ANY($1) AND kind = ANY($3) AND state NOT IN ('done', 'cancelled')`,
        [renew, tx.clock.now(), [...DESTRUCTIVE]],
      );
      await this.remind(tx, tx.clock.now());
    }
    if (held.length > 0) await this.askAboutHeld(tx, held);
    await tellSettled(tx, this.options.hooks, settled);
  }

  /**
   * A store's own hold table said no. Retention knows whether a hold stands: if so the dispatch waits for its release, if
   * not the release was still on its way to that store, which is asked again.
   */
  private async askAboutHeld(tx: Tx, dispatchIds: readonly string[]): Promise<void> {
    const at = new Date(tx.clock.now().getTime() + HELD_BY_STORE_PAUSE);
    await tx.query(
      `UPDATE dispatch SET clearance = 'wanted', send_at = $2 WHERE id = ANY($1) AND kind = ANY($3) AND state IN ('in_progress', 'overdue')`,
      [dispatchIds, at, [...DESTRUCTIVE]],
    );
    await this.remind(tx, at);
  }

  /** Of what is to be sent, and of the times by which it is to be answered. */
  private async remind(tx: Tx, sendAt: Date, ...dueAts: readonly Date[]): Promise<void> {
    await remind(tx, { work: SENDING, at: sendAt }, ...dueAts.map((at) => ({ work: DEADLINES, at })));
    tx.afterCommit(this.poke);
  }
}

