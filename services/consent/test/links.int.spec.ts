import { erasureCompleted } from '@heed/contracts-dsar';
import { messageSent } from '@heed/contracts-notifications';
import { newEvent, uuidv7 } from '@heed/kernel';
import { loadSamplePack } from '@heed/policy';
import { eventProbe, eventually } from '@heed/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM, SERVICE } from './consent-under-test.js';
import { FORM, ONE_CLICK, PeopleWithLinks } from './people-with-links.js';

let consent: ConsentUnderTest;
let people: PeopleWithLinks;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  people = new PeopleWithLinks(consent);
  return () => consent.stop();
});

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
    const path = await people.linkFor(await people.agreed());
    expect(path).toMatch(/^\/u\/ajuni\.[A-Za-z0-9_-]{32}$/);
    const secret = path.split('.')[1] ?? '';
    const rows = await consent.service.sql('SELECT row_to_json(l)::text AS row FROM t_ajuni.person_link l');
    expect(JSON.stringify(rows)).not.toContain(secret);
    const kept = await consent.service.sql('SELECT key FROM t_ajuni.idempotency WHERE answer::text LIKE $1', [`%${secret}%`]);
    expect(kept).toEqual([]);
  });

  it('opens for a year in a mail and for thirty days where it shows choices, and no longer than the policy of links allows', async () => {
    const ref = await people.agreed();
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
    const ref = await people.agreed();
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
    const answer = await people.page(`${new URL(String(made.body['url'])).pathname}/choices`, { method: 'POST', headers: FORM, body: 'purpose=analytics&choice=no' });
    expect(answer.status).toBe(303);
    expect(await people.stateOf(String(body['ref']))).toEqual({ analytics: 'withdrawn' });
    const invalid = await consent.service.call('POST', '/v1/links', PLATFORM, { subject: { identifiers: [{ type: 'phone', value: 'call me' }] }, kind: 'preferences' });
    expect(invalid).toMatchObject({ status: 400, body: { code: 'identifier_invalid' } });
    const purpose = { subject, kind: 'preferences', purpose: 'analytics' };
    expect(await consent.service.call('POST', '/v1/links', PLATFORM, purpose)).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
  });

  it('is made for many mails at once by a service, with nothing for who is unknown', async () => {
    const [one, two] = [await people.agreed(), await people.agreed()];
    const links = [{ ref: one, kind: 'unsubscribe', purpose: 'marketing_email' }, { ref: `sub_${'0'.repeat(32)}`, kind: 'unsubscribe' }, { ref: two, kind: 'unsubscribe' }];
    const { status, body } = await consent.service.call('POST', '/internal/links', SERVICE, { links }, { 'x-heed-tenant': 'ajuni' });
    expect(status).toBe(200);
    const made = body['links'] as ({ url: string } | null)[];
    expect(made.map((link) => link !== null)).toEqual([true, false, true]);
    await people.page(new URL(made[2]?.url ?? '').pathname, ONE_CLICK);
    expect([(await people.stateOf(one))['marketing_email'], (await people.stateOf(two))['marketing_email']]).toEqual(['given', 'withdrawn']);
  });
});

describe('a link that opens nothing', () => {
  it('looks the same whether it was guessed or has expired, and for every method; of no tenant it names nobody', async () => {
    const path = await people.linkFor(await people.agreed(), { kind: 'preferences', expires: 'PT15M' });
    const foreign = path.replace('ajuni.', 'askasia.');
    const guessed = `/u/ajuni.${randomBytes(24).toString('base64url')}`;
    const nobodys = `/u/nobody.${randomBytes(24).toString('base64url')}`;
    consent.clock.advance({ minutes: 16 });
    const answersOf = async (paths: readonly string[]): Promise<readonly string[]> => {
      const answers = [];
      for (const one of paths) {
        const tried = [
          await people.page(one), await people.page(one, ONE_CLICK), await people.page(`${one}/choices`, { method: 'POST', headers: FORM, body: 'purpose=analytics&choice=yes' }),
          await people.page(`${one}/withdraw-all`, { method: 'POST' }), await people.page(`${one}/receipts`), await people.page(`${one}/receipts`, { method: 'POST' }),
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
    const path = await people.linkFor(await people.agreed());
    await consent.service.sql('DELETE FROM t_ajuni.person_link'); // as after a restore from an older copy
    for (const { status, text } of [await people.page(path), await people.page(path, ONE_CLICK)]) {
      expect(status).toBe(404);
      expect(text).toContain(`<a class="action" href="mailto:${pack.tenant.contacts.privacy.value}?subject=unsubscribe">`);
      expect(text).toContain(`Send it from the address that ${pack.tenant.name} writes to`);
    }
  });

  it('cannot be guessed for long: an address that tries is told to wait, and nobody else notices', async () => {
    const path = await people.linkFor(await people.agreed());
    const guess = (address: string, token = randomBytes(24).toString('base64url')): Promise<{ status: number; headers: Headers }> =>
      people.page(`/u/ajuni.${token}`, { headers: { 'x-forwarded-for': address } });
    const statuses = [];
    for (let i = 0; i < 8; i += 1) statuses.push(...(await Promise.all(Array.from({ length: 50 }, () => guess('203.0.113.9')))));
    const refused = statuses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(100);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await people.page(path, { headers: { 'x-forwarded-for': '203.0.113.10' } })).status).toBe(200);
  });

  it('is every link of a person from the moment they are forgotten', async () => {
    const subject = ada();
    const { body } = await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
    const path = await people.linkFor(String(body['ref']), { kind: 'preferences' });
    expect((await people.page(path)).status).toBe(200);
    await forget(String(body['ref']));
    await eventually(async () => expect((await people.page(path)).status).toBe(404), { timeoutMs: 20_000 });
    expect(await consent.service.sql('SELECT 1 FROM t_ajuni.person_link WHERE ref = $1', [body['ref']])).toEqual([]);
    expect((await consent.service.call('POST', `/v1/subjects/${String(body['ref'])}/links`, PLATFORM, { kind: 'preferences' })).status).toBe(404);
  });

  it('leads to the person whom theirs was found to be, after two were merged', async () => {
    const [one, other] = [await people.agreed(), await people.agreed(['analytics'])];
    const path = await people.linkFor(other);
    const merged = await consent.service.call('POST', `/v1/subjects/${one}/merge`, PLATFORM, { other, reason: 'duplicate_account' });
    expect([merged.status, merged.body['code']]).toEqual([expect.toBeOneOf([200, 201]), undefined]);
    expect((await people.page(path, ONE_CLICK)).status).toBe(200);
    const check = await consent.check({ subject: { ref: one }, purpose: 'marketing_email' });
    expect(check.body).toMatchObject({ allowed: false });
  });

  it('is taken out of the table some time after it has expired', async () => {
    const ref = await people.agreed();
    await people.linkFor(ref, { kind: 'preferences', expires: 'PT5M' });
    consent.clock.advance({ minutes: 6 });
    for (let i = 0; i < 20; i += 1) await people.linkFor(ref);
    const [row] = await consent.service.sql<{ n: number }>('SELECT count(*)::int AS n FROM t_ajuni.person_link WHERE expires_at <= $1', [consent.clock.now()]);
    expect(row?.n).toBe(0);
  });
});
