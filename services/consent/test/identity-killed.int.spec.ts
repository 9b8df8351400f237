import { FieldVault } from '@heed/key-store';
import { UnitOfWork } from '@heed/persistence';
import { eventually } from '@heed/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { consentService } from '../src/index.js';
import { SealedIdentifiers } from '../src/subject/sealed-identifiers.js';
import { sealedIdentifiers } from '../src/subject/identifier-rotation.js';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

const MAIN = path.join(import.meta.dirname, '../dist/main.js');

let consent: ConsentUnderTest;
beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni']);
  return () => consent.stop();
});

const may = async (subject: object, purpose = 'marketing_email'): Promise<unknown> => (await consent.check({ subject, purpose })).body['reason'];
const decide = async (subject: object, purpose: string, decision: string): Promise<string> =>
  String((await consent.decide({ subject, decisions: [{ purpose, decision }] })).body['ref']);

it('a log-in whose process is killed before the commit has changed nothing, and is done once by the next', async () => {
  const [visitor, person] = [{ identifiers: [{ type: 'cookie_id', value: randomUUID() }] }, ada()];
  const [alias, ref] = [await decide(visitor, 'analytics', 'given'), await decide(person, 'marketing_email', 'refused')];
  const changes = (): Promise<readonly object[]> => consent.service.sql('SELECT kind, other FROM t_ajuni.identity_change WHERE ref = $1', [ref]);
  consent.service = await consent.bed.restart(consentService, consent.service, async () => {
    const headers = {
      ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/shop', ce_type: 'heed.ingress.identity_linked.v1', ce_time: consent.clock.now().toISOString(),
      'content-type': 'application/json',
    };
    const value = JSON.stringify({ subject: person, identifiers: visitor.identifiers, reason: 'login' });
    await consent.publisher.publish([{ topic: `${consent.bed.topicPrefix}heed.t.ajuni.ingress.v1`, key: null, value, headers }]);
    const env = { ...consent.service.environment, NODE_ENV: 'test', HEED_FAILPOINT: 'consent.merge.before-commit' };
    const child = spawn(process.execPath, [MAIN], { env, stdio: 'ignore' });
    const [, signal] = (await once(child, 'exit', { signal: AbortSignal.timeout(60_000) })) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    expect(await changes()).toEqual([]);
  });
  await eventually(async () => expect(await may(person, 'analytics')).toBe('given'), { timeoutMs: 60_000 });
  expect(await may(visitor)).toBe('refused');
  expect(await changes()).toEqual([{ kind: 'joined', other: alias }]);
  const carried = await consent.service.sql(`SELECT 1 FROM t_ajuni.consent_record WHERE ref = $1 AND detail ? 'carriedFrom'`, [ref]);
  expect(carried).toHaveLength(1);
});

it('under new keys, two people who are one keep a key each: when one is forgotten after they part, the other can be read', async () => {
  const people = [ada(), ada()];
  const [ref, alias] = [await decide(people[0]!, 'analytics', 'given'), await decide(people[1]!, 'analytics', 'given')];
  await consent.service.call('POST', `/v1/subjects/${ref}/merge`, PLATFORM, { other: alias });
  const { app } = consent.service.service;
  const [vault, unitOfWork, identifiers] = [app.get(FieldVault, { strict: false }), app.get(UnitOfWork, { strict: false }), app.get(SealedIdentifiers, { strict: false })];
  await unitOfWork.run('ajuni', (tx) => sealedIdentifiers.reseal(tx, [ref], vault));
  const known = async (extent: 'person' | 'ref'): Promise<unknown> =>
    unitOfWork.run('ajuni', async (tx) => [...(await identifiers.of(tx, [ref, alias], extent)).people.values()].map((own) => own.map(({ value }) => value).sort()));
  const [one, other] = people.map(({ identifiers: own }) => own[0]!.value);
  expect(await known('person')).toEqual([[one, other].sort(), [one, other].sort()]);
  const rows = await consent.service.sql<{ sealed: Buffer }>('SELECT sealed FROM t_ajuni.identifier WHERE ref = $1', [ref]);
  expect(new Set(rows.map(({ sealed }) => vault.keyIdOf(sealed))).size).toBe(2);
  await consent.service.call('POST', `/v1/subjects/${ref}/split`, PLATFORM, { other: alias });
  await unitOfWork.run('ajuni', (tx) => identifiers.forget(tx, [ref]));
  expect(await known('person')).toEqual([[other]]);
});
