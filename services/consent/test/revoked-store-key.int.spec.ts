import { agentKeyRevoked, mapActivated, mapProposed } from '@heed/contracts-subprocessor-registry';
import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { openEnvelope } from '@heed/crypto';
import { newEvent } from '@heed/kernel';
import { eventProbe, eventually, testAgentKeys } from '@heed/testing';
import type { EventProbe } from '@heed/testing';
import { beforeAll, expect, it } from 'vitest';
import { ada, ConsentUnderTest } from './consent-under-test.js';

let consent: ConsentUnderTest;
let bus: EventProbe;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  bus = await eventProbe(consent.bed.topicPrefix, ['heed.t.ajuni.commands.v1']);
  return async () => {
    await bus.stop();
    await consent.stop();
  };
});

const from = () => ({ source: '/heed/subprocessor-registry', tenant: 'ajuni', key: 'ajuni', clock: consent.clock });
const commandsOf = (dispatchId: unknown) => bus.seen('heed.command.withdrawal.v1').filter((event) => event.data['dispatchId'] === dispatchId).map((event) => event.data);

it('nothing is sealed to a revoked key: other stores are told, the store itself waits for new keys and then gets what it missed', async () => {
  const [row] = await consent.service.sql<{ stores: DataStore[] }>('SELECT stores FROM t_ajuni.data_map ORDER BY map_version DESC LIMIT 1');
  const stores = row!.stores;
  const { signingKey, encryptionKey } = stores.find((store) => store.id === 'crm')!.agent;
  await bus.publish(newEvent(agentKeyRevoked, { ...from(), data: { dataStore: 'crm', kids: [signingKey.kid, encryptionKey.kid], revokedAt: consent.clock.now().toISOString() } }));
  await eventually(async () => expect(await consent.service.sql('SELECT 1 FROM t_ajuni.revoked_agent_key')).toHaveLength(2), { timeoutMs: 20_000 });

  const subject = ada();
  const both = (await consent.withdraw({ subject, purposes: 'all' })).body['dispatchId'];
  const alone = (await consent.withdraw({ subject: ada(), purposes: ['marketing_email'] })).body['dispatchId'];
  const [told] = await eventually(() => (commandsOf(both).length > 0 ? commandsOf(both) : false), { timeoutMs: 20_000 });
  expect(told).toMatchObject({ targets: ['telemetry'] });
  expect(JSON.stringify(told!['sealed'])).not.toContain(`crm/${encryptionKey.kid}`);

  const fresh = testAgentKeys();
  const renewed = stores.map((store) => (store.id === 'crm' ? { ...store, agent: fresh.agent } : store));
  await bus.publish(newEvent(mapProposed, { ...from(), data: { mapVersion: 2, stores: renewed } }), newEvent(mapActivated, { ...from(), data: { mapVersion: 2 } }));
  for (const dispatchId of [both, alone]) {
    const missed = await eventually(() => commandsOf(dispatchId).find((data) => (data['targets'] as string[]).includes('crm')) ?? false, { timeoutMs: 20_000 });
    const opened = openEnvelope(missed['sealed'] as Parameters<typeof openEnvelope>[0], { store: 'crm', privateKey: fresh.keys.encryption, aad: `ajuni|${String(dispatchId)}` });
    expect(opened.identifiers).toHaveLength(1);
  }
  expect(commandsOf(alone)).toHaveLength(1);
});
