import { uuidv7 } from '@heed/kernel';
import type { DispatchOwner, HeedEvent } from '@heed/kernel';
import type { Acknowledgement, AcknowledgementBody, CommandKind, Outcome } from '@heed/contracts-fanout';
import type { DataStore, PublicKey } from '@heed/contracts-subprocessor-registry';
import { verifyBody } from '@heed/crypto';
import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { formerSigningKeys, isRevokedKid, revokedKeys } from './agent-keys.js';
import { newestStores } from './data-map.store.js';
import { lockDispatches } from './lock-dispatches.js';
import { answeredForReplay } from './replay-vault.js';
import type { FanoutHooks, SettledDispatch, TargetState } from './types.js';
import { DEADLINES } from './work.js';

interface Believed {
  readonly body: AcknowledgementBody;
  readonly evidence: Acknowledgement;
}

export interface Acknowledged {
  /** Dispatches that came to their end. */
  readonly settled: readonly string[];
  /** Dispatches whose clearance had ended on the way. */
  readonly renew: readonly string[];
  /** Dispatches that a store's own hold table stopped. */
  readonly held: readonly string[];
}

/** Moves targets by a batch of acknowledgements, in a few statements whatever its size. */
export async function acknowledge(tx: Tx, owner: DispatchOwner, events: readonly HeedEvent<Acknowledgement>[]): Promise<Acknowledged> {
  const stores = new Map((await newestStores(tx)).map((store) => [store.id, store]));
  const keys: Keys = { former: await formerSigningKeys(tx, events.map(({ data }) => data), stores), revoked: await revokedKeys(tx) };
  const believed: Believed[] = [];
  const refusedOnes: { ack: Acknowledgement; reason: string }[] = [];
  for (const { data: ack } of events) {
    const reason = whyNot(ack, tx.tenant, owner, stores, keys);
    if (reason) refusedOnes.push({ ack, reason });
    else believed.push({ body: ack.body, evidence: ack });
  }
  const last = latestPerTarget(believed);
  await lockDispatches(tx, last.map(({ body }) => body.dispatchId));
  const expired = last.filter(({ body }) => body.outcome === 'refused' && body.reason === 'clearance_expired');
  const moves = last.filter((one) => !expired.includes(one));
  const moved = await moveTargets(tx, moves);
  const unmoved = moves.filter(({ body }) => !moved.has(targetKey(body.dispatchId, body.dataStore)));
  const known = await targetsAmong(tx, unmoved);
  for (const { body, evidence } of unmoved) {
    if (!known.has(targetKey(body.dispatchId, body.dataStore))) refusedOnes.push({ ack: evidence, reason: 'not_a_target' });
  }
  await recordRefused(tx, refusedOnes);
  const took = moves.filter(({ body }) => moved.has(targetKey(body.dispatchId, body.dataStore)));
  await answeredForReplay(tx, took.flatMap(({ body }) => (isErasure(body) ? [body] : [])));
  for (const { body } of took) {
    tx.record({
      kind: 'target.acknowledged',
      ref: body.ref,
      data: { dispatchId: body.dispatchId, dataStore: body.dataStore, outcome: body.outcome, assurance: body.assurance, rows: body.rows, residue: body.residue },
    });
  }
  return {
    settled: await settle(tx, [...new Set(moves.map(({ body }) => body.dispatchId))]),
    renew: expired.map(({ body }) => body.dispatchId),
    held: [...new Set(took.filter(({ body }) => body.outcome === 'held').map(({ body }) => body.dispatchId))],
  };
}

/** Keys of agents as `<store>/<kid>`: those that were exchanged count on for what they have signed, those that were revoked do not. */
interface Keys {
  readonly former: ReadonlyMap<string, PublicKey>;
  readonly revoked: ReadonlySet<string>;
}

/** Undefined when the acknowledgement is the named store's own. */
function whyNot(ack: Acknowledgement, tenant: string, owner: DispatchOwner, stores: ReadonlyMap<string, DataStore>, keys: Keys): string | undefined {
  const { body, proof } = ack;
  if (body.tenant !== tenant) return 'tenant_mismatch';
  if (body.owner !== owner) return 'owner_mismatch';
  const store = stores.get(body.dataStore);
  if (!store) return 'data_store_unknown';
  if (isRevokedKid(store.id, proof.kid, keys.revoked)) return 'key_revoked';
  const key = proof.kid === store.agent.signingKey.kid ? store.agent.signingKey : keys.former.get(`${store.id}/${proof.kid}`);
  if (!key) return 'key_of_another';
  return verifyBody(body, proof, key) ? undefined : 'signature_invalid';
}

/** The store holds nothing of the person any more: of what destroys nothing an agent says `applied`. */
const isErasure = ({ outcome, assurance }: AcknowledgementBody): boolean => (outcome === 'done' || outcome === 'nothing_found') && assurance !== 'applied';

const targetKey = (dispatchId: string, dataStore: string): string => `${dispatchId}\0${dataStore}`;

function latestPerTarget(believed: readonly Believed[]): readonly Believed[] {
  const last = new Map<string, Believed>();
  for (const one of believed) {
    const key = targetKey(one.body.dispatchId, one.body.dataStore);
    const before = last.get(key);
    if (!before || before.body.journalPosition <= one.body.journalPosition) last.set(key, one);
  }
  return [...last.values()];
}

/**
 * A finished target moves again only to `failed`: the look after the grace period found something. A duplicate changes
 * nothing. What Heed itself said of an erased person gives way to what the store did.
 */
async function moveTargets(tx: Tx, moves: readonly Believed[]): Promise<ReadonlySet<string>> {
  if (moves.length === 0) return new Set();
  const rows = await tx.query<{ dispatch_id: string; data_store: string }>(
    `UPDATE dispatch_target t
        SET state = a.state, rows = a.rows, residue = a.residue, kept = a.kept, reason = a.reason, acknowledged_at = a.at, evidence = a.evidence
       FROM jsonb_to_recordset($1::jsonb) AS a(dispatch_id text, data_store text, state text, rows bigint, residue bigint, kept bigint,
            reason text, at timestamptz, evidence jsonb)
      WHERE t.dispatch_id = a.dispatch_id AND t.data_store = a.data_store
        AND (t.state NOT IN ('done', 'nothing_found', 'superseded', 'cancelled') OR (a.state = 'failed' AND t.state IN ('done', 'nothing_found'))
             OR t.reason = 'person_erased')
      RETURNING t.dispatch_id, t.data_store`,
    [
      JSON.stringify(
        moves.map(({ body, evidence }) => ({
          dispatch_id: body.dispatchId,
          data_store: body.dataStore,
          state: stateOf(body.outcome),
          rows: body.rows,
          residue: body.residue,
          kept: body.tables.flatMap((table) => table.kept).reduce((sum, kept) => sum + kept.count, 0),
          reason: body.reason,
          at: tx.clock.now(),
          evidence,
        })),
      ),
    ],
  );
  return new Set(rows.map((row) => targetKey(row.dispatch_id, row.data_store)));
}

const stateOf = (outcome: Outcome): TargetState => outcome;

/** Those that are targets: a duplicate of an answer moves nothing and is no refusal. */
async function targetsAmong(tx: Tx, asked: readonly Believed[]): Promise<ReadonlySet<string>> {
  if (asked.length === 0) return new Set();
  const rows = await tx.query<{ dispatch_id: string; data_store: string }>(
    `SELECT dispatch_id, data_store FROM dispatch_target JOIN unnest($1::text[], $2::text[]) AS a(dispatch_id, data_store) USING (dispatch_id, data_store)`,
    [asked.map(({ body }) => body.dispatchId), asked.map(({ body }) => body.dataStore)],
  );
  return new Set(rows.map((row) => targetKey(row.dispatch_id, row.data_store)));
}

async function recordRefused(tx: Tx, refusedOnes: readonly { ack: Acknowledgement; reason: string }[]): Promise<void> {
  if (refusedOnes.length === 0) return;
  const now = tx.clock.now();
  await tx.query(
    `INSERT INTO refused_acknowledgement (id, dispatch_id, data_store, reason, kid, received_at)
     SELECT i, d, s, r, k, $6 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) AS a(i, d, s, r, k)`,
    [
      refusedOnes.map(() => uuidv7(now)),
      refusedOnes.map(({ ack }) => ack.body.dispatchId),
      refusedOnes.map(({ ack }) => ack.body.dataStore),
      refusedOnes.map(({ reason }) => reason),
      refusedOnes.map(({ ack }) => ack.proof.kid.slice(0, 100)),
      now,
    ],
  );
  for (const { ack, reason } of refusedOnes) {
    tx.record({ kind: 'acknowledgement.refused', data: { dispatchId: ack.body.dispatchId, dataStore: ack.body.dataStore, reason } });
  }
}

/**
 * Closes the dispatches whose every target has come to a good end, and reopens those where one has failed since.
 * @returns what was closed
 */
export async function settle(tx: Tx, dispatchIds: readonly string[]): Promise<readonly string[]> {
  if (dispatchIds.length === 0) return [];
  const closed = await tx.query<{ id: string }>(
    `UPDATE dispatch d SET state = 'done', send_at = NULL, closed_at = $2
      WHERE d.id = ANY($1) AND d.state <> 'done' AND d.state <> 'cancelled'
        AND NOT EXISTS (SELECT 1 FROM dispatch_target t WHERE t.dispatch_id = d.id AND t.state NOT IN ('done', 'nothing_found', 'superseded', 'cancelled'))
      RETURNING d.id`,
    [dispatchIds, tx.clock.now()],
  );
  const reopened = await tx.query<{ due_at: Date }>(
    `UPDATE dispatch d SET state = 'in_progress', closed_at = NULL WHERE d.id = ANY($1) AND d.state = 'done'
        AND EXISTS (SELECT 1 FROM dispatch_target t WHERE t.dispatch_id = d.id AND t.state = 'failed') RETURNING due_at`,
    [dispatchIds],
  );
  await remind(tx, ...reopened.map((d) => ({ work: DEADLINES, at: d.due_at })));
  return closed.map((d) => d.id);
}

/** Tells the owner, where it wants to know, what was closed. */
export async function tellSettled(tx: Tx, hooks: FanoutHooks | undefined, dispatchIds: readonly string[]): Promise<void> {
  if (hooks?.settled && dispatchIds.length > 0) await hooks.settled(tx, await settledDispatches(tx, dispatchIds));
}

/** Closed dispatches with what every store answered. */
export async function settledDispatches(tx: Tx, dispatchIds: readonly string[]): Promise<readonly SettledDispatch[]> {
  if (dispatchIds.length === 0) return [];
  const closed = await tx.query<{ id: string; kind: CommandKind; ref: string; cause: Record<string, string>; closed_at: Date }>(
    `SELECT id, kind, ref, cause, closed_at FROM dispatch WHERE id = ANY($1) AND closed_at IS NOT NULL ORDER BY id`,
    [dispatchIds],
  );
  const targets = await tx.query<{ dispatch_id: string; data_store: string; state: TargetState; evidence: Acknowledgement | null }>(
    'SELECT dispatch_id, data_store, state, evidence FROM dispatch_target WHERE dispatch_id = ANY($1) ORDER BY data_store',
    [closed.map((d) => d.id)],
  );
  const byDispatch = Map.groupBy(targets, (target) => target.dispatch_id);
  return closed.map((d) => ({
    id: d.id,
    kind: d.kind,
    ref: d.ref,
    cause: d.cause,
    closedAt: d.closed_at,
    targets: (byDispatch.get(d.id) ?? []).map((t) => ({ dataStore: t.data_store, state: t.state, evidence: t.evidence })),
  }));
}
