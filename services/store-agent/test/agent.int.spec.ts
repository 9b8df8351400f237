import { generateAgentKeys, publicJwk, verifyBody } from '@heed/crypto';
import { BatchRunner } from '@heed/kafka';
import { makeLogger } from '@heed/observability';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '@heed/testing';
import { AgentBench } from './support/agent-process.js';
import { Commands } from './support/commands.js';
import { crm, crmMap } from './support/crm.js';
import type { Crm } from './support/crm.js';

let bench: AgentBench;
let store: Crm;
afterEach(async () => {
  await bench.close();
  await store.close();
});

const storeEntry = (url: string, id = 'crm') => ({
  id,
  kind: 'postgres',
  title: 'Customers',
  maxBackupAge: 'P30D',
  connection: { url, journalSchema: `heed_${id}` },
  map: crmMap,
});

async function opened(): Promise<void> {
  bench = await AgentBench.open('acme');
  store = await crm();
}

const commandsFor = (): Commands => new Commands('acme', bench.registered.map((s) => ({ store: s.id, key: s.agent.encryptionKey })));

describe('a store agent process', () => {
  it('registers its stores, heeds commands and signs what it answers', async () => {
    await opened();
    await store.add('ada@example.com');
    await bench.start([storeEntry(store.url)]);
    const commands = commandsFor();
    const withdrawal = await commands.make({ kind: 'withdrawal', email: 'ada@example.com' });
    const erasure = await commands.make({ kind: 'erasure', email: 'ada@example.com', ref: withdrawal.data.ref });
    await bench.publisher.publish([withdrawal, erasure].map((command) => commands.record(command, bench.topicPrefix)));
    const first = await bench.acknowledgement(withdrawal.data.dispatchId, 'crm');
    const second = await bench.acknowledgement(erasure.data.dispatchId, 'crm');
    expect(first.body).toMatchObject({ outcome: 'done', rows: 1, tenant: 'acme', owner: 'consent', journalPosition: 1 });
    expect(second.body).toMatchObject({ outcome: 'done', assurance: 'verified', rows: 6, residue: 0, owner: 'dsar' });
    const key = bench.registered[0]?.agent.signingKey;
    expect(key && verifyBody(second.body, second.proof, key)).toBe(true);
    expect(await store.count('people')).toBe(0);
    expect(await bench.stop()).toBe(0);
  });

  it('takes poison aside with the reason and heeds its neighbours', async () => {
    await opened();
    await store.add('ada@example.com');
    await bench.start([storeEntry(store.url), storeEntry(store.url, 'copy')]);
    const commands = commandsFor();
    const command = await commands.make({ kind: 'withdrawal', email: 'ada@example.com' });
    const good = commands.record(command, bench.topicPrefix);
    const dead: (string | undefined)[] = [];
    const letters = new BatchRunner({
      kafka: bench.kafka,
      groupId: `${bench.topicPrefix}letters`,
      topics: () => Promise.resolve([`${good.topic}.dlq`]),
      handle: (records) => {
        dead.push(...records.map((record) => record.headers?.['heed_dlq_code']?.toString()));
        return Promise.resolve([]);
      },
      logger: makeLogger('letters', 'fatal'),
    });
    letters.start();
    await bench.publisher.publish([
      { ...good, value: '{"not json' },
      { ...good, headers: { ...good.headers, ce_type: 'heed.command.purge.v1' } },
      { ...good, value: '{"dispatchId":"x"}' },
      { ...good, headers: { ...good.headers, ce_tenantid: 'umbrella' } },
      { ...good, headers: { ...good.headers, ce_id: 'no-uuid' } },
      good,
    ]);
    expect((await bench.acknowledgement(command.data.dispatchId, 'crm')).body.outcome).toBe('done');
    expect((await bench.acknowledgement(command.data.dispatchId, 'copy')).body.outcome).toBe('done');
    await eventually(() => dead.length >= 5, { timeoutMs: 20_000 });
    expect(dead).toEqual(['json_malformed', 'type_unknown', 'schema_violation', 'tenant_mismatch', 'envelope_invalid']);
    await letters.stop();
  });

  it('goes on with its other stores while one is away', async () => {
    await opened();
    await store.add('ada@example.com');
    await bench.start([storeEntry('postgres://nobody:x@127.0.0.1:1/away', 'away'), storeEntry(store.url)]);
    const commands = commandsFor();
    const command = await commands.make({ kind: 'withdrawal', email: 'ada@example.com' });
    await bench.publisher.publish([commands.record(command, bench.topicPrefix)]);
    expect((await bench.acknowledgement(command.data.dispatchId, 'crm')).body.outcome).toBe('done');
  });
});

describe('an agent whose keys are changed', () => {
  const signingKid = (): string | undefined => bench.registered[0]?.agent.signingKey.kid;

  it('loses nothing that is under way, signs with the new key once it is known everywhere, and still opens what was sealed before', async () => {
    await opened();
    const people = Array.from({ length: 30 }, (_, i) => `person${i}@example.com`);
    await store.addMany(people);
    await bench.start([storeEntry(store.url)]);
    const [before, former] = [commandsFor(), signingKid()];
    const send = async (of: Commands, emails: readonly string[]) => {
      const commands = await Promise.all(emails.map((email) => of.make({ kind: 'erasure', email })));
      await bench.publisher.publish(commands.map((command) => of.record(command, bench.topicPrefix)));
      return commands;
    };
    const answered = (commands: Awaited<ReturnType<typeof send>>) => Promise.all(commands.map((command) => bench.acknowledgement(command.data.dispatchId, 'crm')));

    bench.active = false;
    const underWay = await send(before, people.slice(0, 10));
    bench.changeKeys();
    await eventually(() => signingKid() !== former, { timeoutMs: 20_000 });
    const offered = signingKid();
    const sealedToNew = await send(commandsFor(), people.slice(10, 20));
    for (const { body, proof } of [...(await answered(underWay)), ...(await answered(sealedToNew))]) {
      expect(body).toMatchObject({ outcome: 'done', rows: 6, residue: 0 });
      expect(proof.kid).toBe(former); // not everybody knows the new one yet
    }

    bench.active = true;
    const late = await eventually(async () => {
      const [command] = await send(before, people.slice(20, 21)); // sealed to the former key, arrives after the exchange
      const [answer] = await answered([command!]);
      return answer?.proof.kid === offered ? answer : false;
    }, { timeoutMs: 30_000 });
    expect(['done', 'nothing_found']).toContain(late?.body.outcome);

    await bench.stop();
    await bench.start([storeEntry(store.url)]);
    expect(signingKid()).toBe(offered);
    const [answer] = await answered(await send(before, people.slice(21, 22)));
    expect(answer).toMatchObject({ body: { outcome: 'done' }, proof: { kid: offered } });
  });

  it('a store that is not named cannot read an envelope, nor one sealed to keys it never had', async () => {
    await opened();
    await store.add('ada@example.com');
    await bench.start([storeEntry(store.url)]);
    const stranger = publicJwk(generateAgentKeys().encryption);
    for (const sealedTo of [{ store: 'telemetry', key: bench.registered[0]!.agent.encryptionKey }, { store: 'crm', key: stranger }]) {
      const commands = new Commands('acme', [sealedTo]);
      const command = await commands.make({ kind: 'erasure', email: 'ada@example.com' });
      const record = commands.record(command, bench.topicPrefix);
      const named = { ...(JSON.parse(String(record.value)) as object), targets: ['crm'] };
      await bench.publisher.publish([{ ...record, value: JSON.stringify(named) }]);
      expect((await bench.acknowledgement(command.data.dispatchId, 'crm')).body).toMatchObject({ outcome: 'refused', reason: 'envelope_unreadable' });
    }
    expect(await store.count('people')).toBe(1);
  });
});

describe.each(['agent.after-store', 'agent.before-erase-commit', 'agent.mid-erasure:3', 'agent.after-commit', 'agent.after-verify', 'agent.after-publish'])(
  'killed at %s',
  (failpoint) => {
    it('resumes from the journal: every effect once, every answer sent', async () => {
      await opened();
      const people = Array.from({ length: 20 }, (_, i) => `person${i}@example.com`);
      await store.addMany(people);
      const limits = { chunkRows: failpoint.startsWith('agent.mid-erasure') ? 25 : 10_000 };
      await bench.start([storeEntry(store.url)], { failpoint, limits });
      const commands = commandsFor();
      const erasures = await Promise.all(people.slice(0, 19).map((email) => commands.make({ kind: 'erasure', email })));
      await bench.publisher.publish(erasures.map((command) => commands.record(command, bench.topicPrefix)));
      expect(await bench.ended()).toBe('SIGKILL');
      await bench.start([storeEntry(store.url)], { limits });
      for (const command of erasures) {
        const { body } = await bench.acknowledgement(command.data.dispatchId, 'crm');
        expect(body).toMatchObject({ outcome: 'done', rows: 6, residue: 0, assurance: 'verified' });
      }
      expect(await store.count('people')).toBe(1);
      expect(await store.count('messages')).toBe(2);
      expect(await store.count('events')).toBe(2);
    });
  },
);
