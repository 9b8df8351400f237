import { randomUUID } from 'node:crypto';
import { Database, UnitOfWork } from '@heed/persistence';
import { LOGGER } from '@heed/runtime';
import type { Logger } from '@heed/observability';
import { eventually } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { watchRequests } from '../src/index.js';
import { DsarUnderTest } from './dsar-under-test.js';

let heed: DsarUnderTest;

beforeAll(async () => {
  heed = await DsarUnderTest.start(['ajuni', 'askasia', 'aurigen', 'auronx']);
  for (const tenant of ['ajuni', 'askasia', 'aurigen'] as const) await heed.prepare(tenant);
});
afterAll(() => heed.stop());

async function ingress(value: unknown, id = randomUUID()): Promise<void> {
  const headers = { ce_specversion: '1.0', ce_id: id, ce_source: 'shop', ce_type: 'heed.ingress.request_submitted.v1', ce_time: '2026-11-20T12:00:00Z' };
  const producer = heed.bed.kafka.producer();
  await producer.connect();
  await producer.send({ topic: `${heed.bed.topicPrefix}heed.t.ajuni.ingress.v1`, messages: [{ value: JSON.stringify(value), headers }] });
  await producer.disconnect();
}

describe('opening a request', () => {
  it('AJU-39 and AJU-40: the case is stamped at arrival, acknowledged within two business days and due within thirty days', async () => {
    const { status, body } = await heed.open();
    expect(status).toBe(201);
    // Friday 18:00 in India: Monday and Tuesday are the two business days.
    expect(body).toEqual({
      id: expect.any(String), state: 'awaiting_verification', dispatchIds: [],
      clocks: { acknowledgeBy: '2026-11-24T12:30:00.000Z', due: '2026-12-20T12:30:00.000Z' },
    });
    const mail = await heed.said('heed.dsar.message_wanted.v1', { requestId: body['id'], template: 'request_received' });
    expect((await heed.request(body['id']))).toMatchObject({
      acknowledgedAt: null, receivedAt: '2026-11-20T12:30:00.000Z', clocks: { sources: { acknowledgeBy: 'AJU-39', due: 'AJU-40' } },
    });
    await heed.mailSent(mail);
    await eventually(async () => expect((await heed.request(body['id']))['acknowledgedAt']).toBe(heed.clock.now().toISOString()));
  });

  it.each([
    ['ASK-15', 'askasia'],
    ['AUR-14', 'aurigen'],
  ])('%s: the answer is due within thirty days', async (promise, tenant) => {
    const { body } = await heed.open(undefined, tenant);
    expect(body['clocks']).toMatchObject({ due: '2026-12-20T12:30:00.000Z' });
    expect((await heed.request(body['id'], tenant))['clocks']).toMatchObject({ sources: { due: promise } });
  });

  it('a month of the law counts where it ends before the thirty days of the policy', async () => {
    heed.clock.set('2027-01-31T09:00:00Z');
    const { body } = await heed.open(undefined, 'ajuni', { jurisdiction: 'DE' });
    heed.clock.set('2026-11-20T12:30:00Z');
    expect((await heed.request(body['id']))['clocks']).toMatchObject({ due: '2027-03-01T09:00:00.000Z', sources: { due: 'GDPR 12(3)' } });
  });

  it('refuses plainly what cannot be carried out yet, and waits for the policy', async () => {
    const access = await heed.call('POST', '/v1/requests', { type: 'access', subject: { identifiers: [{ type: 'email', value: 'a@example.com' }] } });
    expect(access).toMatchObject({ status: 422, body: { code: 'request_type_not_served' } });
    expect((await heed.open('not-an-address')).body).toMatchObject({ status: 400, code: 'identifier_invalid' });
    const early = await heed.open(undefined, 'auronx');
    expect(early).toMatchObject({ status: 503, body: { code: 'policy_not_ready' } });
    expect(early.headers.get('retry-after')).toBeTruthy();
  });

  it('the same Idempotency-Key opens one case', async () => {
    const body = { type: 'erase', subject: { identifiers: [{ type: 'email', value: `${randomUUID()}@example.com` }] } };
    const headers = { 'idempotency-key': randomUUID() };
    const twice = await Promise.all([1, 2].map(() => heed.call('POST', '/v1/requests', body, 'ajuni', ['platform'], headers)));
    expect(twice[0]?.body).toEqual(twice[1]?.body);
    const other = await heed.call('POST', '/v1/requests', { ...body, channel: 'web_form' }, 'ajuni', ['platform'], headers);
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  });

  it('is accepted while consent is away: who asks is kept sealed, found out later, and then forgotten', async () => {
    const email = `${randomUUID()}@example.com`;
    await heed.consent.goAway();
    const { status, body } = await heed.open(email, 'ajuni', { message: `please, I am ${email}` });
    expect(status).toBe(201);
    const id = body['id'];
    expect((await heed.request(id))).toMatchObject({ ref: null, message: `please, I am ${email}` });
    await heed.call('POST', `/v1/requests/${String(id)}/verify`, { method: 'operator_attested', note: 'called back' });
    expect((await heed.call('POST', `/v1/requests/${String(id)}/approve`, {})).body).toMatchObject({ status: 503, code: 'person_not_found_yet' });
    const stored = await heed.dsar.sql<{ text: string }>(
      `SELECT concat(r::text, encode(r.message, 'escape'), u::text, encode(u.sealed, 'escape')) AS text
         FROM t_ajuni.request r JOIN t_ajuni.unresolved_person u ON u.request_id = r.id WHERE r.id = $1`,
      [id],
    );
    expect(stored).toHaveLength(1);
    expect(stored[0]?.text).not.toContain(email);

    await heed.consent.comeBack();
    await heed.said('heed.dsar.message_wanted.v1', { requestId: id, template: 'request_received' });
    expect(await heed.dsar.sql('SELECT 1 FROM t_ajuni.unresolved_person')).toEqual([]);
    const request = await heed.request(id);
    expect(request['ref']).toMatch(/^sub_/);
    expect((await heed.open(email)).status).toBe(201);
    expect(await heed.dsar.sql('SELECT DISTINCT ref FROM t_ajuni.request WHERE ref = $1', [request['ref']])).toHaveLength(1);
  });

  it('from Kafka opens one case per event, however often it comes, with the time it happened', async () => {
    const subject = { identifiers: [{ type: 'email', value: `${randomUUID()}@example.com` }] };
    const id = randomUUID();
    await ingress({ type: 'erase', subject }, id);
    await ingress({ type: 'erase', subject }, id);
    await ingress({ type: 'erase', subject });
    await eventually(async () => {
      const rows = await heed.dsar.sql(`SELECT received_at FROM t_ajuni.request WHERE channel = 'kafka' AND ref IS NOT NULL`);
      expect(rows).toEqual([1, 2].map(() => ({ received_at: new Date('2026-11-20T12:00:00Z') })));
    }, { timeoutMs: 20_000 });
  });

  it('from Kafka that cannot be served is dead-lettered, with its payload sealed', async () => {
    const email = `${randomUUID()}@example.com`;
    await ingress({ type: 'export', subject: { identifiers: [{ type: 'email', value: email }] } });
    const letters: string[] = [];
    const reader = heed.bed.kafka.consumer({ groupId: randomUUID(), sessionTimeout: 6000, heartbeatInterval: 500, maxWaitTimeInMs: 100 });
    await reader.connect();
    await reader.subscribe({ topic: `${heed.bed.topicPrefix}heed.t.ajuni.ingress.v1.dlq`, fromBeginning: true });
    await reader.run({ eachMessage: async ({ message }) => void letters.push(String(message.value)) });
    await eventually(() => letters.length > 0, { timeoutMs: 20_000 });
    await reader.disconnect();
    expect(letters[0]).not.toContain(email);
  });
});

describe('working a request', () => {
  it('AJU-41: one extension of thirty days, with a reason that the person is told before the deadline', async () => {
    const id = String((await heed.open()).body['id']);
    const extend = (reason?: string) => heed.call('POST', `/v1/requests/${id}/extend`, reason === undefined ? {} : { reason });
    expect((await extend()).body).toMatchObject({ status: 409, code: 'extension_reason_missing', promise: 'AJU-41' });
    const extended = await extend('three archives have to be read by hand');
    expect(extended).toMatchObject({ status: 200, body: { clocks: { due: '2027-01-19T12:30:00.000Z', sources: { due: 'AJU-41' } } } });
    const mail = await heed.said('heed.dsar.message_wanted.v1', { requestId: id, template: 'request_extended' });
    expect(mail.data['params']).toMatchObject({ reason: 'three archives have to be read by hand', due: '2027-01-19T12:30:00.000Z' });
    expect((await extend('again')).body).toMatchObject({ status: 409, code: 'extension_used_up', promise: 'AJU-41' });

    const late = String((await heed.open()).body['id']);
    heed.clock.advance({ days: 30 });
    const tooLate = await heed.call('POST', `/v1/requests/${late}/extend`, { reason: 'busy' });
    heed.clock.advance({ days: -30 });
    expect(tooLate.body).toMatchObject({ status: 409, code: 'extension_too_late', promise: 'AJU-41' });
  });

  it('a policy that promises no extension gives none', async () => {
    const id = String((await heed.open(undefined, 'askasia')).body['id']);
    expect((await heed.call('POST', `/v1/requests/${id}/extend`, { reason: 'busy' }, 'askasia')).body).toMatchObject({ status: 422, code: 'extension_not_promised' });
  });

  it('nothing is approved before somebody stands for who it is, and only by a privacy officer', async () => {
    const id = String((await heed.open()).body['id']);
    const act = (verb: string, body: object, roles = ['dpo']) => heed.call('POST', `/v1/requests/${id}/${verb}`, body, 'ajuni', roles);
    expect((await act('approve', {})).body).toMatchObject({ status: 409, code: 'state_conflict' });
    expect((await act('verify', { method: 'code', code: '123456' })).body).toMatchObject({ status: 422, code: 'verification_method_not_offered' });
    expect((await act('verify', { method: 'operator_attested' })).status).toBe(400);
    const platform = await act('verify', { method: 'operator_attested', note: 'known' }, ['platform']);
    expect(platform.body).toMatchObject({ status: 403, code: 'role_missing', detail: 'This call needs one of the roles analyst, dpo; the token has platform.' });
    expect((await act('verify', { method: 'operator_attested', note: 'known' }, ['analyst'])).body).toMatchObject({ state: 'verified' });
    expect((await act('approve', {}, ['analyst'])).status).toBe(403);
    expect((await act('verify', { method: 'operator_attested', note: 'known' })).body).toMatchObject({ status: 409, code: 'state_conflict' });
    expect((await act('approve', {})).body).toMatchObject({ state: 'in_progress' });
    expect((await act('approve', {})).status).toBe(409);
    expect((await act('refuse', { reason: 'no' })).status).toBe(409);
  });

  it('a refusal is told with its reason and ends the case', async () => {
    const id = String((await heed.open(undefined, 'ajuni', { message: 'now' })).body['id']);
    const refused = await heed.call('POST', `/v1/requests/${id}/refuse`, { reason: 'We could not find out who you are.' });
    expect(refused.body).toMatchObject({ state: 'refused' });
    await heed.said('heed.dsar.request_closed.v1', { requestId: id, result: 'refused', certificateId: null });
    const mail = await heed.said('heed.dsar.message_wanted.v1', { requestId: id, template: 'request_refused' });
    expect(mail.data['params']).toMatchObject({ reason: 'We could not find out who you are.' });
    expect(await heed.request(id)).toMatchObject({ message: null });
  });

  it('what is unknown, malformed or of another tenant is not found', async () => {
    const id = String((await heed.open()).body['id']);
    for (const [path, tenant] of [[id, 'askasia'], [randomUUID(), 'ajuni'], ['nothing', 'ajuni']] as const) {
      expect((await heed.call('GET', `/v1/requests/${path}`, undefined, tenant)).status).toBe(404);
      expect((await heed.call('POST', `/v1/requests/${path}/approve`, {}, tenant)).status).toBe(404);
    }
  });

  it('what people wrote is read by case workers alone, and lists are paged', async () => {
    heed.clock.advance({ seconds: 1 });
    const id = String((await heed.open(undefined, 'aurigen', { message: 'please' })).body['id']);
    const read = (role: string) => heed.call('GET', `/v1/requests/${id}`, undefined, 'aurigen', [role]);
    expect((await read('analyst')).body).toMatchObject({ message: 'please' });
    expect((await read('auditor')).body).not.toHaveProperty('message');
    heed.clock.advance({ seconds: 1 });
    await heed.open(undefined, 'aurigen');
    const first = await heed.call('GET', '/v1/requests?limit=1&state=awaiting_verification', undefined, 'aurigen');
    const next = await heed.call('GET', `/v1/requests?limit=1&cursor=${String(first.body['nextCursor'])}`, undefined, 'aurigen');
    const ids = [first, next].flatMap(({ body }) => (body['items'] as { id: string }[]).map((item) => item.id));
    expect(new Set(ids).size).toBe(2);
    expect(ids[1]).toBe(id);
    expect((await heed.call('GET', '/v1/requests?state=lost', undefined, 'aurigen')).status).toBe(400);
  });

  it('a missed deadline stands in the timeline, once; until then nobody looks', async () => {
    const id = String((await heed.open()).body['id']);
    const { app } = heed.dsar.service;
    const unitOfWork = new UnitOfWork(app.get(Database));
    const run = vi.spyOn(unitOfWork, 'run');
    const watch = () => watchRequests(app.get(Database), unitOfWork, app.get<Logger>(LOGGER));
    const kinds = async () => ((await heed.request(id))['timeline'] as { kind: string }[]).map((entry) => entry.kind).filter((kind) => kind.includes('overdue'));
    await watch();
    expect(await kinds()).toEqual([]);
    expect(run).not.toHaveBeenCalled();
    heed.clock.advance({ days: 4, seconds: 1 });
    await watch();
    await watch();
    expect(await kinds()).toEqual(['acknowledgement_overdue']);
    heed.clock.advance({ days: 27 });
    await watch();
    expect(await kinds()).toEqual(['acknowledgement_overdue', 'overdue']);
  });
});

describe('the status page', () => {
  it('says in plain words where a request stands, and nothing about who asked', async () => {
    const email = `${randomUUID()}@example.com`;
    const id = (await heed.open(email)).body['id'];
    const request = await heed.request(id);
    const link = new URL(String(request['statusUrl'])).pathname;
    const page = await heed.dsar.fetch(heed.dsar.url + link);
    const text = await page.text();
    expect(page.status).toBe(200);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(text).toContain('making sure that it is you who asked');
    for (const secret of [email, String(request['ref']), String(id)]) expect(text).not.toContain(secret);
    expect(await heed.dsar.sql('SELECT 1 FROM t_ajuni.request WHERE status_token = $1', [Buffer.from(link.slice(3))])).toEqual([]);
  });

  it.each(['/r/ajuni.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', '/r/nobody.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', '/r/x'])('%s belongs to no request', async (link) => {
    const page = await heed.dsar.fetch(heed.dsar.url + link);
    expect(page.status).toBe(404);
    expect(await page.text()).toContain('belongs to no request');
    const program = await heed.dsar.fetch(heed.dsar.url + link, { headers: { accept: 'application/json' } });
    expect(program.status).toBe(404);
    expect(program.headers.get('content-type')).toContain('application/problem+json');
  });
});
