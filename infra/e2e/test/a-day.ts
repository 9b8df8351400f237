import { byEmail } from '@heed/e2e';
import type { Heed } from '@heed/e2e';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { MARK } from './marked-people.js';
import type { MarkedPeople, Somebody } from './marked-people.js';

const subjectOf = (one: Somebody): object => ({
  identifiers: [
    { type: 'email', value: one.email },
    { type: 'phone', value: one.phone },
    { type: 'user_id', value: one.userId },
    { type: 'cookie_id', value: one.cookie },
  ],
});

/** In the stores as the sample shops would have them. */
async function settle(heed: Heed, tenant: string, { email, userId, name, words }: Somebody): Promise<void> {
  const at = email.toLowerCase();
  await heed.store(
    tenant,
    'crm',
    `WITH p AS (INSERT INTO people (email, user_id, name, marketing_email) VALUES ($1, $2, $3, true) RETURNING id),
     o AS (INSERT INTO orders (person_id, total_cents, ship_to, placed_at) SELECT id, 100, $3, now() FROM p, generate_series(1, 2)),
     t AS (INSERT INTO tickets (person_id, subject) SELECT id, $4 FROM p RETURNING id)
     INSERT INTO messages (ticket_id, author, body) SELECT id, 'customer', $4 FROM t`,
    [at, userId, name, words],
  );
  await heed.store(tenant, 'telemetry', `INSERT INTO profiles (user_id, email, analytics) VALUES ($1, $2, true)`, [userId, at]);
}

/** A record as a careless platform team may write it: with the person's number in its key and in every free attribute. */
async function produce(heed: Heed, tenant: string, { userId }: Somebody, type: string, value: string | null): Promise<void> {
  const producer = heed.kafka.producer();
  await producer.connect();
  const headers = {
    ce_specversion: '1.0', ce_id: `${userId}-${randomUUID()}`, ce_source: '/shop', ce_type: type, ce_time: new Date().toISOString(),
    ce_correlationid: userId, ce_causationid: userId, ce_traceparent: userId, traceparent: userId, ce_dataregion: userId, 'content-type': 'application/json', [userId]: userId,
  };
  await producer.send({ topic: `heed.t.${tenant}.ingress.v1`, messages: [{ key: userId, value, headers }] });
  await producer.disconnect();
}

/** What people, officers, shops and strangers do in a day, mistakes included. */
export async function aDayOf(heed: Heed, people: MarkedPeople, tenant: string): Promise<void> {
  const [buyer, caller, litigant, admin] = [people.meet(), people.meet(), people.meet(), people.meet()];
  for (const one of [buyer, caller, litigant]) await settle(heed, tenant, one);
  people.willBeErased(buyer, litigant);
  const post = (route: string, body: unknown, headers?: Record<string, string>) => heed.call(tenant, 'POST', route, body, headers);

  expect(await post('/v1/consents', { subject: subjectOf(buyer), decisions: [{ purpose: 'marketing_email', decision: 'given' }] })).toMatchObject({ status: 201 });
  expect(await post('/v1/consents/check', { subject: subjectOf(buyer), purpose: 'marketing_email' })).toMatchObject({ status: 200 });
  const withdrawn = await post('/v1/withdrawals', { subject: subjectOf(buyer), purposes: 'all', channel: 'api' });
  await heed.dispatchIs(tenant, String(withdrawn.body['dispatchId']), 'done');

  const withdrawal = 'heed.ingress.consent_withdrawn.v1';
  await produce(heed, tenant, caller, withdrawal, JSON.stringify({ subject: subjectOf(caller), purposes: ['marketing_email'] }));
  await produce(heed, tenant, caller, withdrawal, JSON.stringify({ subject: subjectOf(caller), purposes: [caller.words] }));
  await produce(heed, tenant, caller, withdrawal, JSON.stringify({ subject: subjectOf(caller), purposes: 'all', [caller.email]: caller.words }));
  await produce(heed, tenant, caller, withdrawal, `{"subject": "${caller.email}`);
  await produce(heed, tenant, caller, withdrawal, null);
  await produce(heed, tenant, caller, `heed.ingress.${caller.userId}.v1`, JSON.stringify({ phone: caller.phone }));
  await eventually(
    async () => expect((await heed.store<{ allowed: boolean }>(tenant, 'crm', 'SELECT marketing_email AS allowed FROM people WHERE user_id = $1', [caller.userId]))[0]?.allowed).toBe(false),
    { timeoutMs: 30_000 },
  );

  await mistakes(heed, tenant, caller);
  await everyOtherDoor(heed, tenant, people.meet());

  const audience = tenant === 'ajuni' ? 'customer_admins' : 'partners';
  expect((await post('/v1/notices/recipients', { audience, recipients: [{ email: admin.email, name: admin.name }] })).status).toBeLessThan(300);

  const hold = await post('/v1/holds', { subject: subjectOf(litigant), matter: litigant.name, reason: litigant.words, categories: 'all' });
  expect(hold.status).toBe(201);
  await heed.dispatchIs(tenant, String(hold.body['dispatchId']), 'done');

  // Its maker is not known at once: who it is waits, sealed, until consent is back.
  await heed.system.part('consent').stop();
  const late = await post('/v1/requests', { type: 'erase', subject: subjectOf(litigant), message: litigant.words });
  expect(late.status).toBe(201);
  await heed.system.part('consent').start();
  const erasure = await heed.insist(tenant, '/v1/requests', { type: 'erase', subject: subjectOf(buyer), message: buyer.words }, randomUUID());
  expect(erasure.status).toBe(201);
  for (const id of [String(late.body['id']), String(erasure.body['id'])]) {
    await eventually(
      async () => expect((await post(`/v1/requests/${id}/verify`, { method: 'operator_attested', note: buyer.words })).body).toMatchObject({ state: 'verified' }),
      { timeoutMs: 60_000 },
    );
    expect(await post(`/v1/requests/${id}/approve`, { note: litigant.words })).toMatchObject({ status: 200 });
  }
  await heed.requestIs(tenant, String(erasure.body['id']), 'closed', 90_000);
  await heed.requestIs(tenant, String(late.body['id']), 'held', 90_000);
  expect((await post(`/v1/holds/${String(hold.body['id'])}/release`, { note: litigant.words })).status).toBe(200);
  await heed.requestIs(tenant, String(late.body['id']), 'closed', 90_000);
}

/** The other ways in which people, shops and systems say who they mean, right and wrong. */
async function everyOtherDoor(heed: Heed, tenant: string, visitor: Somebody): Promise<void> {
  const { email, phone, userId, cookie, words } = visitor;
  const post = (route: string, body: unknown, headers?: Record<string, string>) => heed.call(tenant, 'POST', route, body, headers);
  const by = (type: string, value: string): object => ({ identifiers: [{ type, value }] });
  const decisions = [{ purpose: 'analytics', decision: 'given' }];
  const occurredAt = new Date().toISOString();

  const lines = [{ id: userId, subject: byEmail(email), decisions }, { id: phone, subject: by('phone', phone), decisions: [{ purpose: words, decision: 'given' }] }, { [email]: words }];
  const upload = await fetch(`${heed.system.origin}/v1/consents/batch`, {
    method: 'POST', headers: { authorization: `Bearer ${await heed.token(tenant)}`, 'content-type': 'application/x-ndjson' },
    body: `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"subject": "${email}\n`, signal: AbortSignal.timeout(30_000),
  });
  const results = (await upload.text()).trim().split('\n').map((line) => JSON.parse(line) as { status: string; ref?: string });
  expect(results.map(({ status }) => status)).toEqual(['recorded', 'invalid', 'invalid', 'invalid']);
  const ref = String(results[0]?.ref);

  const sync = await post('/v1/consents/sync', { source: 'crm', items: [{ subject: by('phone', phone), purpose: 'marketing_email', decision: 'given', occurredAt, externalId: userId }] });
  const joined = await post(`/v1/subjects/${ref}/identifiers`, { identifiers: [{ type: 'cookie_id', value: cookie }, { type: 'user_id', value: userId }], reason: 'login' });
  const merged = await post(`/v1/subjects/${ref}/merge`, { other: (sync.body['items'] as { ref: string }[])[0]?.ref, reason: 'same_account' });
  const gpc = await post('/v1/signals/gpc', { subject: by('cookie_id', cookie) }, { 'sec-gpc': '1' });
  const gate = await post('/v1/cookies/gate', { subject: by('cookie_id', cookie), domain: 'shop.example.com' });
  const child = await post('/v1/consents', { subject: by('user_id', `${userId}-child`), decisions, childSignal: true, ip: '203.0.113.77' });
  const link = await post('/v1/links', { kind: 'preferences', subject: byEmail(email) });
  expect([sync, joined, merged, gpc, gate, child, link].map(({ status }) => Math.floor(status / 100))).toEqual(Array(7).fill(2));
  expect(await (await fetch(String(link.body['url']))).text()).not.toContain(MARK);
  const off = await fetch(String(link.body['url']), { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `List-Unsubscribe=One-Click&${encodeURIComponent(email)}=1` });
  expect(off.status).toBeLessThan(500);
  for (const route of ['receipts', 'register', 'identity']) expect((await heed.call(tenant, 'GET', `/v1/subjects/${ref}/${route}`)).status).toBe(200);
}

/** A person's name where it does not belong: each is refused, and what it said must not stay anywhere. */
async function mistakes(heed: Heed, tenant: string, { email, phone, userId, words }: Somebody): Promise<void> {
  const at = encodeURIComponent(email);
  const statuses = [
    await heed.call(tenant, 'GET', `/v1/consents?email=${at}`),
    await heed.call(tenant, 'GET', `/v1/subjects/${at}`),
    await heed.call(tenant, 'GET', `/v1/requests/${at}`),
    await heed.call(tenant, 'GET', `/nowhere/${at}`),
    await heed.call(tenant, 'POST', '/v1/withdrawals', { subject: byEmail(email), purposes: [words] }),
    await heed.call(tenant, 'POST', '/v1/withdrawals', { [userId]: phone }),
    await heed.call(tenant, 'POST', '/v1/requests', { type: words, subject: byEmail(email) }),
    await heed.call(tenant, 'POST', '/v1/consents', email),
    await heed.call(tenant, 'GET', `/u/${at}`),
    await heed.call(tenant, 'GET', `/r/${at}`),
    await heed.call(tenant, 'GET', '/v1/requests', undefined, { authorization: `Bearer ${email}`, 'user-agent': email, 'x-request-id': email, traceparent: email }),
  ].map((answer) => answer.status);
  expect(statuses.filter((status) => status < 400 || status >= 500)).toEqual([]);
}
