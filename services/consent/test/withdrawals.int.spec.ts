import { openEnvelope } from '@heed/crypto';
import { eventually, testAgentKeys } from '@heed/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  const deafen = await consent.listen();
  return async () => {
    await deafen();
    await consent.stop();
  };
});

describe('a withdrawal', () => {
  it('AJU-18: is denied by the check from the moment it was answered, and reaches exactly the stores that use the purpose', async () => {
    const subject = ada();
    const given = await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
    expect(given.status).toBe(201);
    const check = () => consent.check({ subject, purpose: 'marketing_email' });
    expect((await check()).body).toMatchObject({ allowed: true, basis: 'consent', reason: 'given' });

    const withdrawn = await consent.withdraw({ subject, purposes: ['marketing_email'], channel: 'api' });
    expect(withdrawn.status).toBe(202);
    expect((await check()).body).toMatchObject({ allowed: false, reason: 'withdrawn' });

    const command = await consent.commandFor(withdrawn.body['dispatchId']);
    expect(command.targets).toEqual(['crm']);
    const opened = openEnvelope(command.sealed, { store: 'crm', privateKey: consent.agent.keys.encryption, aad: `ajuni|${command.dispatchId}` });
    expect(opened.identifiers).toEqual(subject.identifiers);
    expect(() => openEnvelope(command.sealed, { store: 'crm', privateKey: testAgentKeys().keys.encryption, aad: `ajuni|${command.dispatchId}` })).toThrow(expect.objectContaining({ code: 'envelope_unreadable' }));

    await consent.acknowledge(command, 'crm', consent.agent.keys);
    await eventually(async () => {
      const dispatch = await consent.service.call('GET', `/v1/dispatches/${command.dispatchId}`, PLATFORM);
      expect(dispatch.body).toMatchObject({
        state: 'done', kind: 'withdrawal', targets: [{ dataStore: 'crm', state: 'done', rows: 1, residue: 0 }],
        notTargets: [{ dataStore: 'telemetry', reason: 'purpose_not_used' }],
      });
    });
  });

  it('an acknowledgement signed by another key is refused and recorded, and the target stays open', async () => {
    const withdrawn = await consent.withdraw({ subject: ada(), purposes: ['analytics'] });
    const command = await consent.commandFor(withdrawn.body['dispatchId']);
    await consent.acknowledge(command, 'telemetry', testAgentKeys().keys);
    await eventually(async () => {
      const rows = await consent.service.sql('SELECT reason FROM t_ajuni.refused_acknowledgement WHERE dispatch_id = $1', [command.dispatchId]);
      expect(rows).toEqual([{ reason: 'key_of_another' }]);
    });
    const dispatch = await consent.service.call('GET', `/v1/dispatches/${command.dispatchId}`, PLATFORM);
    expect(dispatch.body).toMatchObject({ state: 'in_progress', targets: [{ dataStore: 'telemetry', state: 'pending' }] });
  });

  it('a grant that happened before the withdrawal and arrives later does not undo it, whatever the publisher clock says', async () => {
    const subject = ada();
    await consent.withdraw({ subject, purposes: ['marketing_email'] });
    const late = await consent.decide({
      subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }], occurredAt: '2026-11-21T09:59:00Z',
    });
    expect(late.body).toMatchObject({ records: [{ state: 'withdrawn' }], dispatchIds: [] });
    await consent.decide({
      subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }], occurredAt: '2026-11-21T12:00:00Z',
    });
    expect((await consent.check({ subject, purpose: 'marketing_email' })).body).toMatchObject({ allowed: false });
  });
});
