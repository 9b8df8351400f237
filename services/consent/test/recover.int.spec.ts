import { erasureCompleted } from '@heed/contracts-dsar';
import { ingressIdentityLinked } from '@heed/contracts-ingress';
import { ledgerSequenced } from '@heed/contracts-ledger';
import { messageSent } from '@heed/contracts-notifications';
import { newEvent, uuidv7 } from '@heed/kernel';
import { newSalt, verifyConsistency } from '@heed/ledger';
import { UnitOfWork } from '@heed/persistence';
import { recoverService } from '@heed/runtime';
import { PolicyStore } from '@heed/tenant-policy';
import { DatabaseCopies, eventProbe, eventually, everythingTold, unplaced } from '@heed/testing';
import type { EventProbe } from '@heed/testing';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ExpireConsents } from '../src/expiry/expire-consents.job.js';
import { consentRecovery, consentService } from '../src/index.js';
import { lostDecisions, restoreDecisions } from '../src/recovery/restore-decisions.js';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

const LONG = { timeoutMs: 40_000 };
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });
const PROGRAM = fileURLToPath(new URL('../dist/recover.js', import.meta.url));

let consent: ConsentUnderTest;
let bus: EventProbe;
let deafen: () => Promise<void>;
beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  bus = await eventProbe(consent.bed.topicPrefix, ['heed.consent.events.v1']);
  deafen = await consent.listen();
  return async () => {
    await deafen();
    await bus.stop();
    await consent.stop();
  };
});

const copies = (): DatabaseCopies => new DatabaseCopies(consent.service.databaseUrl);
async function restart(meanwhile?: () => Promise<void>): Promise<void> {
  consent.service = await consent.bed.restart(consentService, consent.service, meanwhile);
}
const ready = (): Promise<unknown> => eventually(async () => expect((await fetch(`${consent.service.url}/readyz`)).status).toBe(200), LONG);
const ledger = async (tenant = 'ajuni'): Promise<{ size: number; root: string }> =>
  (await consent.service.call('GET', '/v1/ledger/consent', { tenant, roles: ['auditor'] })).body as { size: number; root: string };

const told = (): Promise<void> => everythingTold(consent.service, ['ajuni', 'askasia']);

type Subject = ReturnType<typeof ada>;
const decide = async (subject: Subject, decision: 'given' | 'withdrawn'): Promise<Record<string, unknown>> =>
  decision === 'given'
    ? (await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision }] })).body
    : (await consent.withdraw({ subject, purposes: ['marketing_email'] })).body;
const allowed = async (subject: object): Promise<unknown> => (await consent.check({ subject, purpose: 'marketing_email' })).body['allowed'];

async function erase(ref: string): Promise<void> {
  const [requestId, now] = [randomUUID(), consent.clock.now().toISOString()];
  const about = { tenant: 'ajuni', key: ref, clock: consent.clock };
  const say = (event: ReturnType<typeof newEvent>): Promise<void> => bus.publish({ ...event, topics: event.topics.slice(0, 1) });
  await say(newEvent(erasureCompleted, { source: '/heed/dsar', ...about, data: { requestId, ref, aliases: [], asOf: now, closedAt: now } }));
  await say(newEvent(messageSent, { source: '/heed/notifications', ...about, data: { messageId: uuidv7(), requestId, ref, template: 'request_closed', sentAt: now } }));
  await eventually(async () => {
    expect(await consent.service.sql(`SELECT 1 FROM t_ajuni.key_shred WHERE ref = $1 AND done_at IS NOT NULL`, [ref])).toHaveLength(1);
  }, LONG);
}

/** Any service may write to the topic of the ledgers' records: two that consent never made, the first in place of its last. */
async function forge(ref: string, size: number): Promise<void> {
  const origin = 'heed/consent/ajuni';
  const record = (): object => ({
    id: uuidv7(), kind: 'consent.given', ref, at: consent.clock.now().toISOString(), salt: newSalt(), data: { version: 99, purposes: ['marketing_email'], dispatchId: `con_${uuidv7()}` },
  });
  const data = { origin, from: size - 1, records: [record(), record()] } as ReturnType<typeof ledgerSequenced.data.parse>;
  await bus.publish(newEvent(ledgerSequenced, { source: '/heed/consent', tenant: 'ajuni', key: origin, clock: consent.clock, data }));
}

describe('consent, whose database was put back from an older copy', () => {
  const [withdrew, erased, stayed, newcomer, meanwhile, ended, objected, branded, minor] = [ada(), ada(), ada(), ada(), ada(), ada(), ada(), ada(), ada()];
  const last = { type: 'cookie_id', value: randomUUID() };
  let erasedRef: string;
  let newRef: string;
  let stayedRef: string;
  let endedRef: string;
  let objectedRef: string;
  let dispatchId: string;
  let before: { size: number; root: string };
  let older: string;

  it('serves nothing, until heed recover has brought it back', async () => {
    await decide(withdrew, 'given');
    erasedRef = String((await decide(erased, 'given'))['ref']);
    stayedRef = String((await decide(stayed, 'given'))['ref']);
    // Its time is over before the copy is taken, and written down after.
    const given = await consent.decide({ subject: ended, decisions: [{ purpose: 'analytics', decision: 'given' }], occurredAt: '2025-10-21T10:00:00.500Z' });
    endedRef = String(given.body['ref']);
    await decide(objected, 'given');
    await decide(minor, 'withdrawn');
    await consent.decide({ subject: branded, decisions: [{ purpose: 'analytics', decision: 'given' }], domain: 'one.example' });
    await told();
    // The copy has this decision, its dispatch and its record, and a place for the record it has not.
    const end = await copies().holdOpen();
    await decide(meanwhile, 'given');
    await restart(async () => void (older = await copies().take()));
    await end();
    await ready();

    dispatchId = String((await decide(withdrew, 'withdrawn'))['dispatchId']);
    await consent.acknowledge(await consent.commandFor(dispatchId), 'crm', consent.agent.keys);
    await eventually(async () => expect((await consent.service.call('GET', `/v1/dispatches/${dispatchId}`, PLATFORM)).body).toMatchObject({ state: 'done' }), LONG);
    // A log-in that changes nothing, and leaves no record of itself.
    const loggedIn = { subject: erased, identifiers: erased.identifiers, reason: 'login' as const };
    await bus.publish(newEvent(ingressIdentityLinked, { source: '/shop', tenant: 'ajuni', key: 'shop', clock: consent.clock, data: loggedIn }));
    // Stores hear of the person once more, under the next version, and nothing was decided.
    const cookie = { identifiers: [{ type: 'cookie_id', value: randomUUID() }] };
    expect((await consent.service.call('POST', `/v1/subjects/${stayedRef}/identifiers`, PLATFORM, cookie)).status).toBe(200);
    await told();
    await erase(erasedRef);
    newRef = String((await decide(newcomer, 'given'))['ref']);
    await decide(newcomer, 'withdrawn');
    const objecting = await consent.withdraw({ subject: objected, purposes: ['security'], jurisdiction: 'EU' });
    objectedRef = String(objecting.body['ref']);
    expect((await consent.decide({ subject: minor, decisions: [{ purpose: 'analytics', decision: 'given' }], age: 15 })).status).toBe(422);
    await consent.service.call('POST', '/v1/cookie-domains', PLATFORM, { domain: 'shop.example.com', partner: 'Shop', analytics: true });
    consent.clock.advance({ seconds: 1 });
    await consent.service.service.app.get(ExpireConsents, { strict: false }).run();
    // For all domains a no, and for another a yes since.
    await consent.withdraw({ subject: branded, purposes: ['analytics'] });
    consent.clock.advance({ seconds: 1 });
    await consent.decide({ subject: branded, decisions: [{ purpose: 'analytics', decision: 'given' }], domain: 'two.example', jurisdiction: 'EU' });
    await told();
    before = await ledger();
    await forge(newRef, before.size);
    await restart(() => copies().putBack(older));

    expect(await unplaced(consent.service, 'ajuni')).not.toEqual([]);
    const refused = await consent.check({ subject: withdrew, purpose: 'marketing_email' });
    expect(refused).toMatchObject({ status: 503, body: { code: 'ledger_behind', detail: expect.stringContaining('run heed recover consent') as string } });
  });

  it('says beforehand what it would do, and changes nothing', async () => {
    const report = await recoverService(consentService, consentRecovery, consent.service.environment, { dryRun: true });
    expect(report.tenants).toMatchObject([{ tenant: 'ajuni', to: before.size, applied: { decisions: 7, keys_destroyed: 1, people_forgotten: 1 } }]);
    expect((await fetch(`${consent.service.url}/readyz`)).status).toBe(503);
    expect(await consent.service.sql('SELECT 1 FROM t_ajuni.consent_state WHERE ref = $1', [newRef])).toEqual([]);
  });

  it.each(['recover.groups-rewound', 'recover.before-commit'])('stays closed where that is killed at %s, for a second run', (failpoint) => {
    const env = { ...consent.service.environment, NODE_ENV: 'test', HEED_FAILPOINT: failpoint };
    const killed = spawnSync(process.execPath, [PROGRAM, '--json'], { env, encoding: 'utf8' });
    expect(killed.signal).toBe('SIGKILL');
    expect(killed.stdout).toBe('');
  });

  it('knows every withdrawal and every erasure again, and says what is gone', async () => {
    const report = await recoverService(consentService, consentRecovery, consent.service.environment);
    expect(report.tenants).toMatchObject([
      {
        tenant: 'ajuni', to: before.size, unsigned: 1, contested: [String(before.size - 1)],
        applied: { decisions: 7, dispatches: 7, keys_destroyed: 1, people_forgotten: 1, identifiers_of_forgotten_people: 1 },
        missing: { identifiers_of_people: 1 },
      },
    ]);
    await ready();
    expect(await allowed(withdrew)).toBe(false);
    const states = (ref: string): Promise<readonly object[]> =>
      consent.service.sql(`SELECT purpose, domain, state FROM t_ajuni.consent_state WHERE ref = $1 ORDER BY purpose, domain`, [ref]);
    expect(await states(endedRef)).toEqual([{ purpose: 'analytics', domain: '', state: 'expired' }]);
    expect(await states(objectedRef)).toEqual([{ purpose: 'marketing_email', domain: '', state: 'given' }, { purpose: 'security', domain: '', state: 'objected' }]);
    const objection = { subject: objected, purpose: 'security', jurisdiction: 'EU' };
    expect((await consent.check(objection)).body).toMatchObject({ allowed: false, basis: 'legitimate_interest', reason: 'objected' });
    expect(await allowed(stayed)).toBe(true);
    expect(await allowed(meanwhile)).toBe(true);
    expect(await allowed({ ref: newRef })).toBe(false);
    expect(await allowed(erased)).toBe(false);
    expect(await consent.service.sql('SELECT 1 FROM t_ajuni.identifier WHERE ref = $1', [erasedRef])).toEqual([]);
    await bus.publish(newEvent(ingressIdentityLinked, { source: '/shop', tenant: 'ajuni', key: 'shop', clock: consent.clock, data: { subject: ada(), identifiers: [last], reason: 'login' } }));
    const known = async (identifier: object): Promise<number> =>
      (await consent.service.call('POST', '/v1/links', PLATFORM, { subject: { identifiers: [identifier] }, kind: 'unsubscribe' })).status;
    await eventually(async () => expect(await known(last)).toBe(201), LONG); // what was sent in before is read again by then
    expect(await known(erased.identifiers[0]!)).toBe(404);
    expect((await consent.service.sql('SELECT erased_at IS NOT NULL AS erased FROM t_ajuni.subject WHERE ref = $1', [erasedRef]))[0]).toEqual({ erased: true });
  });

  it('counts on from the version that stores have heard of somebody, though nothing was decided under it', async () => {
    const versions = await consent.service.sql('SELECT version::int FROM t_ajuni.subject WHERE ref = $1', [stayedRef]);
    expect(versions).toEqual([{ version: 2 }]);
  });

  it('AJU-25: knows who is a child again, with the case, and which domains were configured', async () => {
    expect((await consent.check({ subject: minor, purpose: 'analytics' })).body).toMatchObject({ allowed: false, reason: 'child', promise: 'AJU-25' });
    expect((await consent.service.call('GET', '/v1/children', PLATFORM)).body['items']).toMatchObject([{ state: 'open', reason: 'age_stated', atLeast: 0 }]);
    expect((await consent.service.call('GET', '/v1/cookie-domains/shop.example.com', PLATFORM)).body).toMatchObject({ partner: 'Shop', analytics: true });
  });

  it('has a choice for one domain again as that, with its end, and a no for all of them on each', async () => {
    const rows = await consent.service.sql(
      `SELECT s.domain, s.state, s.valid_until, r.jurisdiction FROM t_ajuni.consent_state s JOIN t_ajuni.consent_record r ON r.id = s.record_id
        WHERE s.ref = (SELECT ref FROM t_ajuni.consent_record WHERE domain = 'one.example') ORDER BY s.domain`,
    );
    expect(rows).toEqual([
      { domain: '', state: 'withdrawn', valid_until: null, jurisdiction: null },
      { domain: 'one.example', state: 'withdrawn', valid_until: null, jurisdiction: null },
      { domain: 'two.example', state: 'given', valid_until: new Date('2027-12-21T10:00:02Z'), jurisdiction: 'EU' },
    ]);
  });

  it('has its dispatches again, with the answers that the stores had given', async () => {
    await eventually(async () => {
      const { body } = await consent.service.call('GET', `/v1/dispatches/${dispatchId}`, PLATFORM);
      expect(body).toMatchObject({ state: 'done', kind: 'withdrawal', targets: [{ dataStore: 'crm', state: 'done', rows: 1 }] });
    }, LONG);
  });

  it('keeps a withdrawal that Kafka never got, where it puts an older decision of the same person back', async () => {
    const subject = ada();
    const given = await decide(subject, 'given');
    await decide(subject, 'withdrawn');
    const [ref, dispatchId] = [String(given['ref']), String(given['dispatchId'])];
    const record = { id: uuidv7(), kind: 'consent.given', ref, at: consent.clock.now().toISOString(), salt: newSalt(), data: { version: 1, purposes: ['marketing_email'], dispatchId } };
    const lost = lostDecisions({ records: [record], published: [], ingress: new Map() });
    await consent.service.service.app.get(UnitOfWork, { strict: false }).run('ajuni', (tx) => restoreDecisions(tx, lost, new PolicyStore()));
    expect(lost).toHaveLength(1);
    expect(await allowed(subject)).toBe(false);
  });

  it('continues the very ledger that was signed before', async () => {
    await told();
    const after = await ledger();
    expect(after.size).toBeGreaterThan(before.size);
    const { body } = await consent.service.call('GET', `/v1/ledger/consent/consistency?from=${before.size}&to=${after.size}`, { tenant: 'ajuni', roles: ['auditor'] });
    const proof = (body['proof'] as string[]).map((hash) => Buffer.from(hash, 'base64'));
    const [from, to] = [before, after].map(({ size, root }) => ({ size, root: Buffer.from(root, 'base64') }));
    expect(verifyConsistency({ from: from!, to: to!, proof })).toBe(true);
    expect(await consent.service.sql(`SELECT data->>'from' AS "from" FROM t_ajuni.ledger_entry WHERE kind = 'ledger.recovered'`)).toHaveLength(1);
  });

  it('is left alone by another run', async () => {
    expect(await recoverService(consentService, consentRecovery, consent.service.environment)).toMatchObject({ tenants: [] });
    expect((await decide(ada(), 'given'))['ref']).toBeDefined();
  });

  it('is refused where it holds something else than was signed, whatever its length', async () => {
    await told();
    await consent.service.sql(`UPDATE t_ajuni.ledger_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) WHERE level = 0 AND index = 0`);
    const run = recoverService(consentService, consentRecovery, consent.service.environment);
    await expect(run).rejects.toMatchObject({ code: 'ledger_forked', message: expect.stringContaining('heed/consent/ajuni') as string });
  });
});
