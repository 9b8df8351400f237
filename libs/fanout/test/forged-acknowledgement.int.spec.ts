import type { Acknowledgement, AcknowledgementBody } from '@heed/contracts-fanout';
import { generateAgentKeys, publicJwk, signBody } from '@heed/crypto';
import { keepRevoked } from '@heed/fanout';
import type { NewDispatch } from '@heed/fanout';
import type { HeedEvent } from '@heed/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FanoutBed } from './fanout-bed.js';

/** Agents of all tenants may write the same topic of acknowledgements: who speaks for a store is told by its key. */
let bed: FanoutBed;
const attacker = generateAgentKeys();

beforeAll(async () => {
  bed = await FanoutBed.make(['ajuni', 'aurigen'].map((id) => ({ id, isolation: 'role' as const })));
  await bed.activate(1, 1, 'ajuni');
  await bed.activate(1, 1, 'aurigen');
});
afterAll(() => bed.stop());

const signedBy = (answer: HeedEvent<Acknowledgement>, keys: typeof attacker): HeedEvent<Acknowledgement> => ({
  ...answer,
  data: { body: answer.data.body, proof: signBody(answer.data.body, keys.signing) },
});

const withBody = (answer: HeedEvent<Acknowledgement>, body: Partial<AcknowledgementBody>): HeedEvent<Acknowledgement> => ({
  ...answer,
  data: { ...answer.data, body: { ...answer.data.body, ...body } },
});

const forgeries: readonly (readonly [string, string, (dispatch: NewDispatch) => HeedEvent<Acknowledgement>])[] = [
  ['signed by the agent of another tenant', 'key_of_another', (dispatch) => signedBy(bed.answer(dispatch, 'crm'), attacker)],
  [
    'signed by another, under the id of the right key',
    'signature_invalid',
    (dispatch) => {
      const honest = bed.answer(dispatch, 'crm');
      const forged = signedBy(honest, attacker);
      return { ...forged, data: { ...forged.data, proof: { ...forged.data.proof, kid: honest.data.proof.kid } } };
    },
  ],
  ['said in the name of another tenant', 'tenant_mismatch', (dispatch) => bed.answer(dispatch, 'crm', {}, 'aurigen')],
  ['changed after it was signed', 'signature_invalid', (dispatch) => withBody(bed.answer(dispatch, 'crm', { outcome: 'failed', residue: 2 }), { outcome: 'done', residue: 0 })],
  ["about another's dispatch", 'not_a_target', (dispatch) => bed.answer({ ...dispatch, id: `${dispatch.id.slice(0, -4)}0000` }, 'crm')],
];

describe('ASK-05: an acknowledgement', () => {
  it.each(forgeries)('%s moves no target and is kept as refused: %s', async (_, reason, forge) => {
    const [dispatch] = await bed.open();
    if (!dispatch) throw new Error('no dispatch was opened');
    const forged = forge(dispatch);
    await bed.acknowledge(forged);
    expect((await bed.found()).get(dispatch.id)).toMatchObject({ state: 'in_progress', targets: { crm: 'pending' } });
    const { rows } = await bed.admin.query<{ reason: string }>('SELECT reason FROM t_ajuni.refused_acknowledgement WHERE dispatch_id = $1', [forged.data.body.dispatchId]);
    expect(rows).toEqual([{ reason }]);
    // The honest one still counts.
    await bed.acknowledge(bed.answer(dispatch, 'crm'));
    expect((await bed.found()).get(dispatch.id)).toMatchObject({ state: 'done', targets: { crm: 'done' } });
  });
});

describe("an agent's keys", () => {
  const former = generateAgentKeys();
  const revokedAt = '2026-11-21T10:00:00.000Z';
  const map = (version: number, keys: typeof former) =>
    bed.unitOfWork.run('ajuni', (tx) =>
      bed.fanout.mapProposed(tx, version, bed.stores.stores.slice(0, 1).map((store) => ({ ...store, agent: { signingKey: publicJwk(keys.signing), encryptionKey: publicJwk(keys.encryption) } }))),
    );
  const opened = async (): Promise<NewDispatch> => {
    const [dispatch] = await bed.open();
    if (!dispatch) throw new Error('no dispatch was opened');
    return dispatch;
  };

  it('that were exchanged count on for what they have signed, until they are revoked', async () => {
    await map(2, former);
    await map(3, bed.stores.keys);
    const [one, other] = [await opened(), await opened()];
    await bed.acknowledge(signedBy(bed.answer(one, 'crm'), former));
    expect((await bed.found()).get(one.id)).toMatchObject({ targets: { crm: 'done' } });

    await bed.unitOfWork.run('ajuni', (tx) => keepRevoked(tx, [{ dataStore: 'crm', kids: [former.signing.kid, former.encryption.kid], revokedAt }]));
    await bed.acknowledge(signedBy(bed.answer(other, 'crm'), former));
    expect((await bed.found()).get(other.id)).toMatchObject({ targets: { crm: 'pending' } });
    const { rows } = await bed.admin.query('SELECT reason, kid FROM t_ajuni.refused_acknowledgement WHERE dispatch_id = $1', [other.id]);
    expect(rows).toEqual([{ reason: 'key_revoked', kid: former.signing.kid }]);
    await bed.acknowledge(bed.answer(other, 'crm'));
    expect((await bed.found()).get(other.id)).toMatchObject({ targets: { crm: 'done' } });
  });

  it("of one store never count for another", async () => {
    const dispatch = await opened();
    const answer = bed.answer(dispatch, 'telemetry');
    await bed.acknowledge(signedBy(answer, former));
    const { rows } = await bed.admin.query('SELECT reason FROM t_ajuni.refused_acknowledgement WHERE dispatch_id = $1', [dispatch.id]);
    expect(rows).toEqual([{ reason: 'data_store_unknown' }]);
  });
});
