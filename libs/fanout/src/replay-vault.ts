import type { SealedEnvelope } from '@heed/contracts-fanout';
import { lookAtDue, remind } from '@heed/persistence';
import type { Database, Tx, UnitOfWork } from '@heed/persistence';
import { newestStores } from './data-map.store.js';

/** What the job is reminded of. */
const WORK = 'replay-vault';
const BATCH = 500;
/** For a store that is not in the map any more: nobody says how old its backups become. */
const LONGEST = 'P10Y';

export interface SealedErasure {
  readonly dispatchId: string;
  readonly targets: readonly string[];
  readonly envelope: SealedEnvelope;
}

/**
 * Keeps, for each store that is told to erase somebody, an envelope that it alone can open. Said again to a store that has
 * not answered, the newer one takes the place of the former.
 */
export async function keepForReplay(tx: Tx, erasures: readonly SealedErasure[]): Promise<void> {
  const rows = erasures.flatMap(({ dispatchId, targets, envelope }) =>
    targets.flatMap((store) => {
      const own = forStoreAlone(envelope, store);
      return own ? [{ dispatch_id: dispatchId, data_store: store, ...own }] : [];
    }),
  );
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO replay_vault (dispatch_id, data_store, kid, envelope, kept_at)
     SELECT dispatch_id, data_store, kid, envelope, $2 FROM jsonb_to_recordset($1::jsonb) AS r(dispatch_id text, data_store text, kid text, envelope jsonb)
     ON CONFLICT (dispatch_id, data_store) DO UPDATE SET kid = excluded.kid, envelope = excluded.envelope, kept_at = excluded.kept_at`,
    [JSON.stringify(rows), tx.clock.now()],
  );
}

/** The same ciphertext with the way in for one store: without the others' the content key cannot be had by them. */
function forStoreAlone(envelope: SealedEnvelope, store: string): { readonly kid: string; readonly envelope: SealedEnvelope } | undefined {
  const recipients = envelope.recipients.filter(({ header }) => String(header['kid']).startsWith(`${store}/`));
  const [recipient] = recipients;
  if (!recipient || recipients.length > 1) return undefined;
  return { kid: String(recipient.header['kid']).slice(store.length + 1), envelope: { ...envelope, recipients } };
}

/** Stores have answered: from now on a backup of before grows older, and with its promised age what is kept for it goes. */
export async function answeredForReplay(tx: Tx, answers: readonly { readonly dispatchId: string; readonly dataStore: string }[]): Promise<void> {
  if (answers.length === 0) return;
  const ages = new Map((await newestStores(tx)).map((store) => [store.id, store.maxBackupAge]));
  const rows = await tx.query<{ keep_until: Date }>(
    `UPDATE replay_vault v SET erased_at = $4, keep_until = $4::timestamptz + a.age
       FROM unnest($1::text[], $2::text[], $3::interval[]) AS a(dispatch_id, data_store, age)
      WHERE v.dispatch_id = a.dispatch_id AND v.data_store = a.data_store RETURNING keep_until`,
    [
      answers.map((one) => one.dispatchId),
      answers.map((one) => one.dataStore),
      answers.map((one) => ages.get(one.dataStore) ?? LONGEST),
      tx.clock.now(),
    ],
  );
  const times = new Set(rows.map((row) => row.keep_until.getTime()));
  await remind(tx, ...[...times].map((time) => ({ work: WORK, at: new Date(time) })));
}

/**
 * A store that has left the map may never answer, so what is kept for it ends then as well; for one that has come back it is
 * kept until it answers, as for any other.
 */
export async function mapChangedForReplay(tx: Tx, stores: readonly string[]): Promise<void> {
  const rows = await tx.query<{ keep_until: Date | null }>(
    `UPDATE replay_vault SET keep_until = CASE WHEN data_store = ANY($1) THEN NULL ELSE $2::timestamptz + $3::interval END
      WHERE erased_at IS NULL AND (keep_until IS NULL) <> (data_store = ANY($1)) RETURNING keep_until`,
    [stores, tx.clock.now(), LONGEST],
  );
  const times = new Set(rows.flatMap((row) => row.keep_until?.getTime() ?? []));
  await remind(tx, ...[...times].map((time) => ({ work: WORK, at: new Date(time) })));
}

/** Destroys what is kept for backups that are too old to be restored by now. */
export async function emptyReplayVault(database: Database, unitOfWork: UnitOfWork): Promise<void> {
  const look = (tenant: string): Promise<boolean> => unitOfWork.run(tenant, async (tx) => (await destroyDue(tx)) === BATCH);
  while (await lookAtDue(database, WORK, look));
}

async function destroyDue(tx: Tx): Promise<number> {
  const gone = await tx.query<{ dispatch_id: string; data_store: string; ref: string }>(
    `DELETE FROM replay_vault v USING dispatch d WHERE d.id = v.dispatch_id AND (v.dispatch_id, v.data_store) IN (
       SELECT dispatch_id, data_store FROM replay_vault WHERE keep_until <= $1 ORDER BY keep_until LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
     RETURNING v.dispatch_id, v.data_store, d.ref`,
    [tx.clock.now()],
  );
  for (const { dispatch_id: dispatchId, data_store: dataStore, ref } of gone) tx.record({ kind: 'replay.destroyed', ref, data: { dispatchId, dataStore } });
  return gone.length;
}

/** How many envelopes are kept for each dispatch: all that is told of them. */
export async function keptForReplay(tx: Tx, dispatchIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ id: string; kept: string }>('SELECT dispatch_id AS id, count(*) AS kept FROM replay_vault WHERE dispatch_id = ANY($1) GROUP BY 1', [dispatchIds]);
  return new Map(rows.map((row) => [row.id, Number(row.kept)]));
}
