import { erasureCompleted } from '@heed/contracts-dsar';
import { messageSent } from '@heed/contracts-notifications';
import { newEvent, uuidv7 } from '@heed/kernel';
import { loadSamplePack } from '@heed/policy';
import { eventProbe, eventually } from '@heed/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM, SERVICE } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  return () => consent.stop();
});

const ONE_CLICK = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'List-Unsubscribe=One-Click' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Somebody who agreed to everything. */
async function agreed(purposes = ['marketing_email', 'analytics']): Promise<string> {
  const { body } = await consent.decide({ subject: ada(), decisions: purposes.map((purpose) => ({ purpose, decision: 'given' })) });
  return String(body['ref']);
}

/** The path of a new link. */
async function linkFor(ref: string, wanted: Record<string, unknown> = { kind: 'unsubscribe' }): Promise<string> {
  const { status, body } = await consent.service.call('POST', `/v1/subjects/${ref}/links`, PLATFORM, wanted);
  expect(status).toBe(201);
  return new URL(String(body['url'])).pathname;
}

const at = (path: string): string => consent.service.url + path;
const page = async (path: string, init?: RequestInit): Promise<{ status: number; text: string; headers: Headers }> => {
  const response = await consent.service.fetch(at(path), { redirect: 'manual', ...init });
  return { status: response.status, text: await response.text(), headers: response.headers };
};
const stateOf = async (ref: string): Promise<Record<string, unknown>> => {
  const { body } = await consent.service.call('GET', `/v1/subjects/${ref}`, PLATFORM);
  return Object.fromEntries((body['preferences'] as { purpose: string; state: string }[]).map(({ purpose, state }) => [purpose, state]));
};
const written = async (ref: string): Promise<number> => {
  const [row] = await consent.service.sql<{ n: number }>('SELECT count(*)::int AS n FROM t_ajuni.consent_record WHERE ref = $1', [ref]);
  return row?.n ?? 0;
};

/** Every store has answered their erasure, and they have been told. */
async function forget(ref: string): Promise<void> {
  const bus = await eventProbe(consent.bed.topicPrefix, ['heed.consent.events.v1']);
  const [requestId, now] = [randomUUID(), consent.clock.now().toISOString()];
  const about = { tenant: 'ajuni', key: ref, clock: consent.clock };
  const completed = newEvent(erasureCompleted, { source: '/heed/dsar', ...about, data: { requestId, ref, aliases: [], asOf: now, closedAt: now } });
  const sent = newEvent(messageSent, { source: '/heed/notifications', ...about, data: { messageId: uuidv7(), requestId, ref, template: 'request_closed', sentAt: now } });
  for (const event of [completed, sent]) await bus.publish({ ...event, topics: event.topics.slice(0, 1) });
  await bus.stop();
}

describe('a link', () => {
  it('is a key of 192 random bits, of which only the hash is kept', async () => {
    const path = await linkFor(await agreed());
    expect(path).toMatch(/^\/u\/ajuni\.[A-Za-z0-9_-]{32}$/);
    const secret = path.split('.')[1] ?? '';
    const rows = await consent.service.sql('SELECT row_to_json(l)::text AS row FROM t_ajuni.person_link l');
    expect(JSON.stringify(rows)).not.toContain(secret);
    const kept = await consent.service.sql('SELECT key FROM t_ajuni.idempotency WHERE answer::text LIKE $1', [`%${secret}%`]);
    expect(kept).toEqual([]);
  });

  it('opens for a year in a mail and for thirty days where it shows choices, and no longer than the policy of links allows', async () => {
    const ref = await agreed();
    const make = (body: unknown) => consent.service.call('POST', `/v1/subjects/${ref}/links`, PLATFORM, body);
    expect((await make({ kind: 'unsubscribe' })).body['expiresAt']).toBe('2027-11-21T10:00:00.000Z');
    expect((await make({ kind: 'preferences' })).body['expiresAt']).toBe('2026-12-21T10:00:00.000Z');
    expect((await make({ kind: 'preferences', expires: 'PT15M' })).body['expiresAt']).toBe('2026-11-21T10:15:00.000Z');
    expect(await make({ kind: 'preferences', expires: 'P1Y' })).toMatchObject({ status: 422, body: { code: 'link_expiry_out_of_range' } });
    expect(await make({ kind: 'preferences', expires: 'P0D' })).toMatchObject({ status: 422, body: { code: 'link_expiry_out_of_range' } });
    expect(await make({ kind: 'unsubscribe', purpose: 'horoscopes' })).toMatchObject({ status: 422, body: { code: 'purpose_unknown' } });
    expect(await make({ kind: 'preferences', purpose: 'marketing_email' })).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
  });

  it('is made for people of the tenant only, and by its platform and privacy officer', async () => {
    const ref = await agreed();
    const others = await consent.service.call('POST', `/v1/subjects/${ref}/links`, { tenant: 'askasia', roles: ['platform'] }, { kind: 'preferences' });
    expect(others).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await consent.service.call('POST', `/v1/subjects/sub_${'0'.repeat(32)}/links`, PLATFORM, { kind: 'preferences' })).status).toBe(404);
    expect((await consent.service.call('POST', `/v1/subjects/${ref}/links`, { tenant: 'ajuni', roles: ['auditor'] }, { kind: 'preferences' })).status).toBe(403);
  });

  it('is made for whoever identifiers belong to, and meets nobody', async () => {
    const subject = ada();
    const make = () => consent.service.call('POST', '/v1/links', PLATFORM, { subject, kind: 'preferences' });
    expect((await make()).status).toBe(404);
    expect((await make()).status).toBe(404);
    const { body } = await consent.decide({ subject, decisions: [{ purpose: 'analytics', decision: 'given' }] });
    const made = await make();
    expect(made).toMatchObject({ status: 201, body: { expiresAt: '2026-12-21T10:00:00.000Z' } });
    const answer = await page(`${new URL(String(made.body['url'])).pathname}/choices`, { method: 'POST', headers: FORM, body: 'purpose=analytics&choice=no' });
    expect(answer.status).toBe(303);
    expect(await stateOf(String(body['ref']))).toEqual({ analytics: 'withdrawn' });
    const invalid = await consent.service.call('POST', '/v1/links', PLATFORM, { subject: { identifiers: [{ type: 'phone', value: 'call me' }] }, kind: 'preferences' });
    expect(invalid).toMatchObject({ status: 400, body: { code: 'identifier_invalid' } });
    const purpose = { subject, kind: 'preferences', purpose: 'analytics' };
    expect(await consent.service.call('POST', '/v1/links', PLATFORM, purpose)).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
  });

  it('is made for many mails at once by a service, with nothing for who is unknown', async () => {
    const [one, two] = [await agreed(), await agreed()];
    const links = [{ ref: one, kind: 'unsubscribe', purpose: 'marketing_email' }, { ref: `sub_${'0'.repeat(32)}`, kind: 'unsubscribe' }, { ref: two, kind: 'unsubscribe' }];
    const { status, body } = await consent.service.call('POST', '/internal/links', SERVICE, { links }, { 'x-heed-tenant': 'ajuni' });
    expect(status).toBe(200);
    const made = body['links'] as ({ url: string } | null)[];
    expect(made.map((link) => link !== null)).toEqual([true, false, true]);
    await page(new URL(made[2]?.url ?? '').pathname, ONE_CLICK);
    expect([(await stateOf(one))['marketing_email'], (await stateOf(two))['marketing_email']]).toEqual(['given', 'withdrawn']);
  });
});

describe('one click (RFC 8058)', () => {
  it('AJU-17: the unsubscribe link of a mail withdraws at once, without cookies, redirect or login', async () => {
    expect(loadSamplePack('ajuni').consent.withdrawal.channels).toContainEqual({ channel: 'unsubscribe_link', source: 'AJU-17' });
    const ref = await agreed();
    consent.clock.advance({ seconds: 1 });
    const answer = await page(await linkFor(ref), ONE_CLICK);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.text).toContain('You are unsubscribed');
    expect([answer.headers.get('set-cookie'), answer.headers.get('location')]).toEqual([null, null]);
    expect(await stateOf(ref)).toEqual({ marketing_email: 'withdrawn', analytics: 'given' });
    const { body } = await consent.service.call('GET', `/v1/consents?ref=${ref}&limit=1`, PLATFORM);
    expect(body['items']).toMatchObject([{ purpose: 'marketing_email', state: 'withdrawn', method: 'unsubscribe_link', actor: 'person' }]);
  });

  it('ends every marketing purpose where the policy says so, whichever mail the link was in', async () => {
    const pack = loadSamplePack('ajuni');
    expect(pack.messages.marketing.unsubscribeScope).toMatchObject({ value: 'all_marketing', source: 'AJU-22' });
    const ref = await agreed();
    await page(await linkFor(ref, { kind: 'unsubscribe', purpose: 'analytics' }), ONE_CLICK);
    // the mail's own purpose as well: whoever clicks in it has had enough of it
    expect(await stateOf(ref)).toEqual({ marketing_email: 'withdrawn', analytics: 'withdrawn' });
  });

  it.each([
    ['multipart', { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n' }],
    ['from any origin', { ...ONE_CLICK, headers: { ...FORM, origin: 'https://mail.example.net', 'sec-fetch-site': 'cross-site' } }],
    ['from a page that sends no origin', { ...ONE_CLICK, headers: { ...FORM, origin: 'null' } }],
    ['with a charset', { ...ONE_CLICK, headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' } }],
  ])('works %s', async (_, init) => {
    const ref = await agreed();
    expect((await page(await linkFor(ref), init)).status).toBe(200);
    expect((await stateOf(ref))['marketing_email']).toBe('withdrawn');
  });

  it.each([
    ['an empty body', { method: 'POST', headers: FORM, body: '' }],
    ['no body', { method: 'POST' }],
    ['another value', { method: 'POST', headers: FORM, body: 'List-Unsubscribe=one-click' }],
    ['JSON', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"List-Unsubscribe":"One-Click"}' }],
    ['half a multipart form', { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x\r\nContent-Disposition: form-data; name="List-Un' }],
    ['multipart without a boundary', { method: 'POST', headers: { 'content-type': 'multipart/form-data' }, body: 'List-Unsubscribe=One-Click' }],
  ])('is refused with %s, and changes nothing', async (_, init) => {
    const ref = await agreed();
    expect((await page(await linkFor(ref), init)).status).toBe(400);
    expect((await stateOf(ref))['marketing_email']).toBe('given');
  });

  it('is one withdrawal and one answer when it is clicked twice, at once or later', async () => {
    const ref = await agreed();
    const path = await linkFor(ref);
    const both = await Promise.all([page(path, ONE_CLICK), page(path, ONE_CLICK)]);
    const later = await page(path, ONE_CLICK);
    expect([...both, later].map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set([...both, later].map(({ text }) => text)).size).toBe(1);
    expect(await written(ref)).toBe(3); // two yeses and one no
  });

  it('is offered by a button to whoever never said no, and told to whoever did', async () => {
    const ref = await agreed(['analytics']);
    const path = await linkFor(ref);
    expect((await page(path)).text).toContain('>Unsubscribe</button>');
    await page(path, ONE_CLICK);
    expect((await page(path)).text).toContain('You are unsubscribed');
  });

  it('is still offered where somebody said yes to a branded domain after their no, and ends that too', async () => {
    const ref = await agreed();
    const path = await linkFor(ref);
    await page(path, ONE_CLICK);
    consent.clock.advance({ seconds: 1 });
    await consent.decide({ subject: { ref }, decisions: [{ purpose: 'marketing_email', decision: 'given' }], domain: 'shop.example.com' });
    expect((await page(path)).text).toContain('>Unsubscribe</button>');
    consent.clock.advance({ seconds: 1 });
    await page(path, ONE_CLICK);
    expect((await page(path)).text).toContain('You are unsubscribed');
    const on = { subject: { ref }, purpose: 'marketing_email', domain: 'shop.example.com' };
    expect((await consent.check(on)).body).toMatchObject({ allowed: false, reason: 'withdrawn' });
  });

  it('counts also for who had decided nothing: from then on it is refused', async () => {
    const { body } = await consent.service.call('POST', '/internal/resolve', SERVICE, { people: [{ identifiers: ada().identifiers }] }, { 'x-heed-tenant': 'ajuni' });
    const [person] = body['people'] as { ref: string }[];
    const ref = person?.ref ?? '';
    await page(await linkFor(ref), ONE_CLICK);
    expect(await stateOf(ref)).toEqual({ marketing_email: 'refused' });
  });
});

describe('whoever only looks', () => {
  const SCANNERS = [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36',
    'Mozilla/5.0 (compatible; GoogleImageProxy)', 'Barracuda Sentinel (EE)', 'Microsoft Office/16.0 (Microsoft Outlook 16.0)', 'python-requests/2.32', '',
  ];

  it('changes nothing, with any method but POST and any program, however often', async () => {
    const ref = await agreed();
    const paths = [await linkFor(ref), await linkFor(ref, { kind: 'preferences' })];
    for (const path of paths) {
      for (const agent of SCANNERS) {
        const headers = { 'user-agent': agent, purpose: 'prefetch', 'sec-purpose': 'prefetch;prerender', 'sec-gpc': '1' };
        expect((await page(path, { headers })).status).toBe(200);
        expect((await page(`${path}?List-Unsubscribe=One-Click&utm_source=mail`, { headers })).status).toBe(200);
      }
      for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']) {
        expect((await fetch(at(path), { method })).status, method).toBe(404);
      }
      for (const below of ['/choices', '/withdraw-all']) expect((await fetch(at(path + below))).status).toBe(404);
    }
    expect(await written(ref)).toBe(2);
    expect(await stateOf(ref)).toEqual({ marketing_email: 'given', analytics: 'given' });
  });

  it('sees a page that no other site can frame, that tells nobody where it was, and that runs nothing but its own', async () => {
    const { headers, text } = await page(await linkFor(await agreed(), { kind: 'preferences' }));
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).not.toContain('unsafe');
    for (const part of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) expect(policy).toContain(part);
    expect(Object.fromEntries(['referrer-policy', 'cache-control', 'x-content-type-options', 'x-robots-tag'].map((name) => [name, headers.get(name)]))).toEqual({
      'referrer-policy': 'no-referrer', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-robots-tag': 'noindex, nofollow',
    });
    expect(text).not.toMatch(/ style=| on[a-z]+=|https?:\/\//);
  });
});

describe('a link that opens nothing', () => {
  it('looks the same whether it was guessed or has expired, and for every method; of no tenant it names nobody', async () => {
    const path = await linkFor(await agreed(), { kind: 'preferences', expires: 'PT15M' });
    const foreign = path.replace('ajuni.', 'askasia.');
    const guessed = `/u/ajuni.${randomBytes(24).toString('base64url')}`;
    const nobodys = `/u/nobody.${randomBytes(24).toString('base64url')}`;
    consent.clock.advance({ minutes: 16 });
    const answersOf = async (paths: readonly string[]): Promise<readonly string[]> => {
      const answers = [];
      for (const one of paths) {
        const tried = [
          await page(one), await page(one, ONE_CLICK), await page(`${one}/choices`, { method: 'POST', headers: FORM, body: 'purpose=analytics&choice=yes' }),
          await page(`${one}/withdraw-all`, { method: 'POST' }), await page(`${one}/receipts`), await page(`${one}/receipts`, { method: 'POST' }),
        ];
        answers.push(...tried.map(({ status, text }) => `${status} ${text}`));
      }
      return [...new Set(answers)];
    };
    const [own, foreigns, none] = [await answersOf([path, guessed]), await answersOf([foreign]), await answersOf([nobodys, '/u/x', '/u/ajuni.short', `/u/..%00${'x'.repeat(50)}`])];
    expect([own.length, foreigns.length, none.length]).toEqual([1, 1, 1]);
    for (const [answer] of [own, foreigns, none]) expect(answer).toMatch(/^404 .*This link opens nothing/s);
    expect(none[0]).not.toContain('mailto:');
  });

  it('AJU-17: says how else to take consent back, for whoever keeps a mail that is older than what it leads to', async () => {
    const pack = loadSamplePack('ajuni');
    expect(pack.consent.withdrawal.channels).toContainEqual({ channel: 'email', source: 'AJU-17' });
    const path = await linkFor(await agreed());
    await consent.service.sql('DELETE FROM t_ajuni.person_link'); // as after a restore from an older copy
    for (const { status, text } of [await page(path), await page(path, ONE_CLICK)]) {
      expect(status).toBe(404);
      expect(text).toContain(`<a class="action" href="mailto:${pack.tenant.contacts.privacy.value}?subject=unsubscribe">`);
      expect(text).toContain(`Send it from the address that ${pack.tenant.name} writes to`);
    }
  });

  it('cannot be guessed for long: an address that tries is told to wait, and nobody else notices', async () => {
    const path = await linkFor(await agreed());
    const guess = (address: string, token = randomBytes(24).toString('base64url')): Promise<{ status: number; headers: Headers }> =>
      page(`/u/ajuni.${token}`, { headers: { 'x-forwarded-for': address } });
    const statuses = [];
    for (let i = 0; i < 8; i += 1) statuses.push(...(await Promise.all(Array.from({ length: 50 }, () => guess('203.0.113.9')))));
    const refused = statuses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(100);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await page(path, { headers: { 'x-forwarded-for': '203.0.113.10' } })).status).toBe(200);
  });

  it('is every link of a person from the moment they are forgotten', async () => {
    const subject = ada();
    const { body } = await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
    const path = await linkFor(String(body['ref']), { kind: 'preferences' });
    expect((await page(path)).status).toBe(200);
    await forget(String(body['ref']));
    await eventually(async () => expect((await page(path)).status).toBe(404), { timeoutMs: 20_000 });
    expect(await consent.service.sql('SELECT 1 FROM t_ajuni.person_link WHERE ref = $1', [body['ref']])).toEqual([]);
    expect((await consent.service.call('POST', `/v1/subjects/${String(body['ref'])}/links`, PLATFORM, { kind: 'preferences' })).status).toBe(404);
  });

  it('leads to the person whom theirs was found to be, after two were merged', async () => {
    const [one, other] = [await agreed(), await agreed(['analytics'])];
    const path = await linkFor(other);
    const merged = await consent.service.call('POST', `/v1/subjects/${one}/merge`, PLATFORM, { other, reason: 'duplicate_account' });
    expect([merged.status, merged.body['code']]).toEqual([expect.toBeOneOf([200, 201]), undefined]);
    expect((await page(path, ONE_CLICK)).status).toBe(200);
    const check = await consent.check({ subject: { ref: one }, purpose: 'marketing_email' });
    expect(check.body).toMatchObject({ allowed: false });
  });

  it('is taken out of the table some time after it has expired', async () => {
    const ref = await agreed();
    await linkFor(ref, { kind: 'preferences', expires: 'PT5M' });
    consent.clock.advance({ minutes: 6 });
    for (let i = 0; i < 20; i += 1) await linkFor(ref);
    const [row] = await consent.service.sql<{ n: number }>('SELECT count(*)::int AS n FROM t_ajuni.person_link WHERE expires_at <= $1', [consent.clock.now()]);
    expect(row?.n).toBe(0);
  });
});
