import { verifyCertificate } from '@heed/certificate';
import { byEmail, Heed, Population, TraceCollector } from '@heed/e2e';
import { eventually } from '@heed/testing';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const TENANTS = ['ajuni', 'aurigen', 'askasia', 'ahurasense', 'auronx'];
const used: string[] = [];

let heed: Heed;
let collector: TraceCollector;

beforeAll(async () => {
  collector = new TraceCollector();
  heed = await Heed.start({ OTEL_EXPORTER_OTLP_ENDPOINT: await collector.start(), LOG_LEVEL: 'debug' });
});
afterAll(async () => {
  await heed.stop();
  await collector.stop();
});

async function someone(tenant: string): Promise<{ people: Population; email: string }> {
  const people = await Population.settle(heed, tenant, 1);
  const [email = ''] = people.emails;
  used.push(email);
  return { people, email };
}

const marketing = async (tenant: string, email: string): Promise<unknown> =>
  (await heed.store<{ marketing_email: boolean }>(tenant, 'crm', 'SELECT marketing_email FROM people WHERE email = $1', [email]))[0]?.marketing_email;

const mails = async (to: string): Promise<{ subject: string; text: string }[]> => {
  const answer = await fetch(`${heed.system.mail}/messages?to=${encodeURIComponent(to)}&limit=50`);
  return ((await answer.json()) as { items: { subject: string; text: string }[] }).items;
};

describe('flow 1: a withdrawal', () => {
  it.each(TENANTS)('of %s reaches every store that uses the purpose, and giving consent travels the same way', async (tenant) => {
    const { email } = await someone(tenant);
    const withdrawn = await heed.call(tenant, 'POST', '/v1/withdrawals', { subject: byEmail(email), purposes: ['marketing_email'], channel: 'api' });
    expect(withdrawn.status).toBe(202);
    const check = await heed.call(tenant, 'POST', '/v1/consents/check', { subject: byEmail(email), purpose: 'marketing_email' });
    expect(check.body).toMatchObject({ allowed: false, reason: 'withdrawn' });
    const done = await heed.dispatchIs(tenant, String(withdrawn.body['dispatchId']), 'done');
    const targets = done.body['targets'] as { dataStore: string; state: string; rows: number }[];
    expect(targets.find((target) => target.dataStore === 'crm')).toMatchObject({ state: 'done', rows: 1 });
    expect(targets.map((target) => target.dataStore)).not.toContain('telemetry');
    expect(await marketing(tenant, email)).toBe(false);

    const given = await heed.call(tenant, 'POST', '/v1/consents', { subject: byEmail(email), decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
    expect(given.status).toBe(201);
    await heed.dispatchIs(tenant, String((given.body['dispatchIds'] as string[])[0]), 'done');
    expect(await marketing(tenant, email)).toBe(true);
  });

  it('AHU-09: consent is withdrawn for AhuraSense, and its core service goes on', async () => {
    const { email } = await someone('ahurasense');
    const answer = await heed.call('ahurasense', 'POST', '/v1/withdrawals', { subject: byEmail(email), purposes: 'all' });
    await heed.dispatchIs('ahurasense', String(answer.body['dispatchId']), 'done');
    const purposes = (await heed.call('ahurasense', 'GET', '/v1/purposes')).body['items'] as { id: string; basis: string }[];
    const core = purposes.find((purpose) => purpose.basis !== 'consent');
    const check = await heed.call('ahurasense', 'POST', '/v1/consents/check', { subject: byEmail(email), purpose: core?.id });
    expect(check.body).toMatchObject({ allowed: true, reason: 'basis_without_consent' });
  });

  it('may be published by kcat', async () => {
    const { email } = await someone('ajuni');
    const value = JSON.stringify({ subject: byEmail(email), purposes: ['marketing_email'] });
    const headers = { ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/kcat', ce_type: 'heed.ingress.consent_withdrawn.v1', ce_time: new Date().toISOString() };
    const child = execFile('kcat', ['-P', '-b', heed.system.context.kafka.brokers, '-t', 'heed.t.ajuni.ingress.v1', ...Object.entries(headers).flatMap(([k, v]) => ['-H', `${k}=${v}`])]);
    child.stdin?.end(value);
    await new Promise((resolve, reject) => child.on('exit', (code) => (code === 0 ? resolve(code) : reject(new Error(`kcat ended with ${code}`)))));
    await eventually(async () => expect(await marketing('ajuni', email)).toBe(false), { timeoutMs: 30_000 });
  });

  it('may be published by the Python client', async () => {
    const { email } = await someone('askasia');
    const script = `
import json, sys, uuid, datetime
from confluent_kafka import Producer
p = Producer({'bootstrap.servers': sys.argv[1]})
p.produce('heed.t.askasia.ingress.v1', json.dumps({'subject': {'identifiers': [{'type': 'email', 'value': sys.argv[2]}]}, 'purposes': ['marketing_email']}),
  headers={'ce_specversion': '1.0', 'ce_id': str(uuid.uuid4()), 'ce_source': '/python', 'ce_type': 'heed.ingress.consent_withdrawn.v1',
           'ce_time': datetime.datetime.now(datetime.timezone.utc).isoformat(), 'content-type': 'application/json'})
sys.exit(p.flush(20))`;
    await run('/usr/bin/python3', ['-c', script, heed.system.context.kafka.brokers, email]);
    await eventually(async () => expect(await marketing('askasia', email)).toBe(false), { timeoutMs: 30_000 });
  });
});

describe('flow 2: an erasure', () => {
  async function erase(tenant: string): Promise<{ id: string; people: Population; email: string }> {
    const { people, email } = await someone(tenant);
    const [id = ''] = await people.requestErasure();
    return { id, people, email };
  }

  it.each(TENANTS)('of %s: acknowledged by mail, erased in every store, read again, closed with a certificate', async (tenant) => {
    const { id, people, email } = await erase(tenant);
    await eventually(async () => expect((await mails(email)).length).toBeGreaterThanOrEqual(1), { timeoutMs: 30_000 });
    expect(await people.left()).toMatchObject({ people: 1, profiles: 1 });
    await people.approve([id]);
    const closed = await heed.requestIs(tenant, id, 'closed', 90_000);
    expect(await people.left()).toEqual({ people: 0, orders: 0, messages: 0, profiles: 0, events: 0 });
    expect(closed.body['certificateId']).toEqual(expect.any(String));
    // The ledger comes to it in a second or two.
    const certificate = await eventually(async () => {
      const answer = await heed.call(tenant, 'GET', `/v1/requests/${id}/certificate`);
      expect(answer.status).toBe(200);
      return answer;
    }, { timeoutMs: 30_000 });
    expect(verifyCertificate(certificate.body)).toMatchObject({ ok: true, kind: 'erasure', tenant });
    expect(JSON.stringify(certificate.body)).not.toContain(email);
    expect(JSON.stringify(certificate.body)).toContain('"residue":0');
    const page = await heed.call(tenant, 'GET', `/v1/requests/${id}/certificate`, undefined, { accept: 'text/html' });
    expect(String(page.body['text'])).toContain('<html');
  });

  it('AUX-07: AuronX erases on request what its CRM, telemetry and mail processor hold of a person', async () => {
    const { id, people } = await erase('auronx');
    await people.approve([id]);
    const closed = await heed.requestIs('auronx', id, 'closed', 90_000);
    const [dispatchId] = closed.body['dispatchIds'] as string[];
    const dispatch = await heed.call('auronx', 'GET', `/v1/dispatches/${String(dispatchId)}`);
    const targets = dispatch.body['targets'] as { dataStore: string; state: string; residue: number }[];
    expect(targets).toHaveLength(3);
    expect(targets.every((target) => ['done', 'nothing_found'].includes(target.state) && target.residue === 0)).toBe(true);
    expect(await people.left()).toEqual({ people: 0, orders: 0, messages: 0, profiles: 0, events: 0 });
  });

  it('AUR-30: a legal hold placed before stops the erasure, and its release lets it go on', async () => {
    const { people, email } = await someone('aurigen');
    const hold = await heed.call('aurigen', 'POST', '/v1/holds', { subject: byEmail(email), matter: 'case 12', reason: 'litigation', categories: 'all' });
    expect(hold.status).toBe(201);
    await heed.dispatchIs('aurigen', String(hold.body['dispatchId']), 'done');
    const [id = ''] = await people.requestErasure();
    await people.approve([id]);
    await heed.requestIs('aurigen', id, 'held');
    expect(await people.left()).toMatchObject({ people: 1, orders: 3, events: 3 });
    expect((await heed.call('aurigen', 'POST', `/v1/holds/${String(hold.body['id'])}/release`, { note: 'settled' })).status).toBe(200);
    await heed.requestIs('aurigen', id, 'closed', 90_000);
    expect(await people.left()).toEqual({ people: 0, orders: 0, messages: 0, profiles: 0, events: 0 });
  });
});

describe('flow 3: a policy change', () => {
  const changed = async (tenant: string): Promise<string> => {
    const pack = await readFile(path.join(import.meta.dirname, `../../policy-packs/${tenant}.yaml`), 'utf8');
    return pack.replace(/(clearanceValidity: \{ value: )P1D/, '$1PT12H').replace(/(acknowledgementDue: \{ value: )PT24H/, '$1PT20H');
  };
  const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
  const apply = async (tenant: string, effectiveFrom: string) => {
    const body = JSON.stringify({ pack: await materially(await changed(tenant)), effectiveFrom });
    return heed.call(tenant, 'POST', '/v1/policies', JSON.parse(body));
  };
  const materially = async (pack: string): Promise<string> => pack.replace(/resolve: \{ value: P30D/, 'resolve: { value: P29D');

  it('AJU-56: Ajuni refuses a date less than 30 days away, and mails every admin about one that is not', async () => {
    const admins = [1, 2].map((n) => `admin-${n}-${randomUUID().slice(0, 8)}@ajuni.example`);
    const recipients = admins.map((email) => ({ email, name: 'An Admin' }));
    expect((await heed.call('ajuni', 'POST', '/v1/notices/recipients', { audience: 'customer_admins', recipients })).status).toBeLessThan(300);
    expect(await apply('ajuni', inDays(29))).toMatchObject({ status: 422, body: { promise: 'AJU-56' } });
    const accepted = await apply('ajuni', inDays(31));
    expect(accepted).toMatchObject({ status: 201 });
    for (const admin of admins) await eventually(async () => expect(await mails(admin)).toHaveLength(1), { timeoutMs: 30_000 });
    await eventually(async () => {
      const notice = await heed.call('ajuni', 'GET', `/v1/notices/${String(accepted.body['noticeId'])}`);
      expect(JSON.stringify(notice.body).match(/"deliveredAt":"20/g)?.length).toBeGreaterThanOrEqual(admins.length);
    });
  });

  it('ASK-23: Askasia, which promises no number of days, may choose any date and tells its partners', async () => {
    const partner = `partner-${randomUUID().slice(0, 8)}@askasia.example`;
    await heed.call('askasia', 'POST', '/v1/notices/recipients', { audience: 'partners', recipients: [{ email: partner }] });
    expect(await apply('askasia', inDays(1))).toMatchObject({ status: 201 });
    await eventually(async () => expect(await mails(partner)).toHaveLength(1), { timeoutMs: 30_000 });
  });
});

describe('what can be seen of it', () => {
  it('one trace covers the call, the outbox, Kafka, the agent and the acknowledgement', async () => {
    const { email } = await someone('ajuni');
    const answer = await heed.call('ajuni', 'POST', '/v1/withdrawals', { subject: byEmail(email), purposes: ['marketing_email'] });
    await heed.dispatchIs('ajuni', String(answer.body['dispatchId']), 'done');
    await eventually(
      () => {
        const root = collector.spans.filter((span) => span.name === 'POST /v1/withdrawals').at(-1);
        const trace = collector.spans.filter((span) => span.traceId === root?.traceId);
        const has = (service: string, name: RegExp): boolean => trace.some((span) => span.service === service && name.test(span.name));
        expect({
          published: has('heed-consent', /heed\.t\.ajuni\.commands\.v1 publish/),
          heeded: trace.some((span) => span.service.includes('agent')),
          acknowledged: has('heed-consent', /heed\.acks\.consent\.v1 process/),
        }).toEqual({ published: true, heeded: true, acknowledged: true });
        const ids = new Set(trace.map((span) => span.spanId));
        expect(trace.filter((span) => span.parentSpanId && !ids.has(span.parentSpanId))).toEqual([]);
      },
      { timeoutMs: 20_000 },
    );
  });

  it('no log line, no record outside ingress and no URL names anybody', async () => {
    const folder = path.join(heed.home, 'logs');
    for (const file of await readdir(folder)) {
      const text = await readFile(path.join(folder, file), 'utf8');
      for (const email of used) expect(text.includes(email), `${file} names somebody`).toBe(false);
    }
    const consumer = heed.kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
    await consumer.connect();
    const admin = heed.kafka.admin();
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith('heed.') && !topic.endsWith('ingress.v1'));
    const ends = await Promise.all(topics.map(async (topic) => (await admin.fetchTopicOffsets(topic)).reduce((sum, p) => sum + Number(p.offset), 0)));
    await admin.disconnect();
    let read = 0;
    let named = 0;
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        read += 1;
        const text = `${String(message.key)} ${String(message.value)} ${JSON.stringify(message.headers)}`;
        if (used.some((email) => text.includes(email))) named += 1;
      },
    });
    const total = ends.reduce((sum, end) => sum + end, 0);
    await eventually(() => expect(read).toBeGreaterThanOrEqual(total), { timeoutMs: 30_000 });
    await consumer.disconnect();
    expect(total).toBeGreaterThan(50);
    expect(named).toBe(0);
  });
});
