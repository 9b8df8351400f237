import type { SealedEnvelope } from '@heed/contracts-fanout';
import { generateAgentKeys, openEnvelope, publicJwk, sealTo } from '@heed/crypto';
import { emptyReplayVault } from '@heed/fanout';
import type { NewDispatch, Sealer } from '@heed/fanout';
import { uuidv7 } from '@heed/kernel';
import { beforeEach, expect, it } from 'vitest';
import { FanoutBed } from './fanout-bed.js';

const STORES = ['crm', 'telemetry'] as const;
const keys = { crm: generateAgentKeys(), telemetry: generateAgentKeys() };
const EMAIL = 'ada@example.com';
let bed: FanoutBed;

beforeEach(async () => {
  bed = await FanoutBed.make();
  await bed.activate(1, 2);
  return () => bed.stop();
});

/** As consent seals: each store's agent has a key of its own. */
const sealer: Sealer = {
  seal: (tenant, wanted) =>
    Promise.resolve(
      new Map(
        wanted.map(({ dispatchId, stores }) => {
          const recipients = STORES.filter((store) => stores.includes(store)).map((store) => ({ store, key: publicJwk(keys[store].encryption) }));
          return [dispatchId, { aliases: [], envelope: sealTo(recipients, [{ type: 'email', value: EMAIL }], `${tenant}|${dispatchId}`) }];
        }),
      ),
    ),
};

async function erased(): Promise<NewDispatch> {
  const dispatch = { ...bed.dispatch('erasure'), body: { asOf: bed.clock.now().toISOString() } };
  await bed.unitOfWork.run('ajuni', (tx) => bed.fanout.open(tx, [dispatch]));
  const expiresAt = new Date(bed.clock.now().getTime() + 86_400_000).toISOString();
  await bed.unitOfWork.run('ajuni', (tx) => bed.fanout.cleared(tx, [{ dispatchId: dispatch.id, clearanceId: uuidv7(), expiresAt }]));
  await bed.sender(sealer).round();
  return dispatch;
}

interface Kept {
  readonly data_store: (typeof STORES)[number];
  readonly kid: string;
  readonly envelope: SealedEnvelope;
  readonly keep_until: Date | null;
}
const kept = async (): Promise<readonly Kept[]> => (await bed.admin.query<Kept>('SELECT data_store, kid, envelope, keep_until FROM t_ajuni.replay_vault ORDER BY data_store')).rows;
const stores = async (): Promise<readonly string[]> => (await kept()).map((row) => row.data_store);
const empty = (): Promise<void> => emptyReplayVault(bed.database, bed.unitOfWork);

it('keeps an envelope for each store that is told to erase somebody, which its own agent opens and no other', async () => {
  const dispatch = await erased();
  const rows = await kept();
  expect(rows.map(({ data_store: store, kid }) => [store, kid])).toEqual(STORES.map((store) => [store, keys[store].encryption.kid]));
  const aad = `ajuni|${dispatch.id}`;
  for (const { data_store: store, envelope } of rows) {
    expect(openEnvelope(envelope, { store, privateKey: keys[store].encryption, aad }).identifiers).toEqual([{ type: 'email', value: EMAIL }]);
    const other = store === 'crm' ? 'telemetry' : 'crm';
    const refusal = expect.objectContaining({ code: 'envelope_unreadable' });
    expect(() => openEnvelope(envelope, { store: other, privateKey: keys[other].encryption, aad })).toThrow(refusal);
    expect(() => openEnvelope(envelope, { store, privateKey: keys[other].encryption, aad })).toThrow(refusal);
    // Nor with the way in of the one and the key of the other: the content key is wrapped for one agent alone.
    const forged = { ...envelope, recipients: envelope.recipients.map((one) => ({ ...one, header: { ...one.header, kid: `${other}/${keys[other].encryption.kid}` } })) };
    expect(() => openEnvelope(forged, { store: other, privateKey: keys[other].encryption, aad })).toThrow(refusal);
    expect(JSON.stringify(envelope)).not.toContain(EMAIL);
  }
});

it("is destroyed when the store's oldest backup of before is too old to be restored, and not a moment earlier", async () => {
  const dispatch = await erased();
  await bed.acknowledge(bed.answer(dispatch, 'crm'));
  bed.clock.advance({ days: 1 });
  await bed.acknowledge(bed.answer(dispatch, 'telemetry', { outcome: 'nothing_found', rows: 0 }));
  bed.clock.advance({ days: 33, hours: 23 }); // the stores keep backups for 35 days
  await empty();
  expect(await stores()).toEqual(['crm', 'telemetry']);
  bed.clock.advance({ hours: 1 });
  await empty();
  expect(await stores()).toEqual(['telemetry']);
  bed.clock.advance({ days: 1 });
  await empty();
  expect(await stores()).toEqual([]);
  const { rows } = await bed.admin.query<{ store: string }>(`SELECT data->>'dataStore' AS store FROM t_ajuni.ledger_entry WHERE kind = 'replay.destroyed' ORDER BY id`);
  expect(rows.map((row) => row.store)).toEqual(['crm', 'telemetry']);
});

it('is kept for a store that has not answered, however long that takes', async () => {
  await erased();
  const [first] = await kept();
  bed.clock.advance({ days: 400 });
  await empty();
  expect(await stores()).toEqual(['crm', 'telemetry']);
  expect(first?.keep_until).toBeNull();
});

it('is destroyed in the end though its store left the map without an answer; for one that came back it waits for the answer', async () => {
  const dispatch = await erased();
  await bed.acknowledge(bed.answer(dispatch, 'crm'));
  await bed.activate(2, 1); // telemetry is gone
  const ends = async () => (await kept()).find((row) => row.data_store === 'telemetry')?.keep_until?.toISOString();
  expect(await ends()).toBe('2036-11-21T10:00:00.000Z');
  await bed.activate(3, 2);
  expect(await ends()).toBeUndefined();
  await bed.activate(4, 1);
  bed.clock.advance({ days: 3652 });
  await empty();
  expect(await stores()).toEqual(['telemetry']);
  bed.clock.advance({ days: 1 });
  await empty();
  expect(await stores()).toEqual([]);
});

it('keeps nothing of what destroys nothing', async () => {
  const [withdrawal] = await bed.open();
  await bed.sender(sealer).round();
  await bed.acknowledge(bed.answer(withdrawal!, 'crm', { assurance: 'applied' }));
  expect(await stores()).toEqual([]);
});
