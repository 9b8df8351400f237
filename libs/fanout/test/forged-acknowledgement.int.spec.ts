import type { Acknowledgement, AcknowledgementBody } from '@heed/contracts-fanout';
import { generateAgentKeys, signBody } from '@heed/crypto';
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
