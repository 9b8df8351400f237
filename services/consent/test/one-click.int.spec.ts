import { loadSamplePack } from '@heed/policy';
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

describe('one click (RFC 8058)', () => {
  it('AJU-17: the unsubscribe link of a mail withdraws at once, without cookies, redirect or login', async () => {
    expect(loadSamplePack('ajuni').consent.withdrawal.channels).toContainEqual({ channel: 'unsubscribe_link', source: 'AJU-17' });
    const ref = await people.agreed();
    consent.clock.advance({ seconds: 1 });
    const answer = await people.page(await people.linkFor(ref), ONE_CLICK);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.text).toContain('You are unsubscribed');
    expect([answer.headers.get('set-cookie'), answer.headers.get('location')]).toEqual([null, null]);
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'withdrawn', analytics: 'given' });
    const { body } = await consent.service.call('GET', `/v1/consents?ref=${ref}&limit=1`, PLATFORM);
    expect(body['items']).toMatchObject([{ purpose: 'marketing_email', state: 'withdrawn', method: 'unsubscribe_link', actor: 'person' }]);
  });

  it('ends every marketing purpose where the policy says so, whichever mail the link was in', async () => {
    const pack = loadSamplePack('ajuni');
    expect(pack.messages.marketing.unsubscribeScope).toMatchObject({ value: 'all_marketing', source: 'AJU-22' });
    const ref = await people.agreed();
    await people.page(await people.linkFor(ref, { kind: 'unsubscribe', purpose: 'analytics' }), ONE_CLICK);
    // the mail's own purpose as well: whoever clicks in it has had enough of it
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'withdrawn', analytics: 'withdrawn' });
  });

  it.each([
    ['multipart', { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n' }],
    ['from any origin', { ...ONE_CLICK, headers: { ...FORM, origin: 'https://mail.example.net', 'sec-fetch-site': 'cross-site' } }],
    ['from a page that sends no origin', { ...ONE_CLICK, headers: { ...FORM, origin: 'null' } }],
    ['with a charset', { ...ONE_CLICK, headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' } }],
  ])('works %s', async (_, init) => {
    const ref = await people.agreed();
    expect((await people.page(await people.linkFor(ref), init)).status).toBe(200);
    expect((await people.stateOf(ref))['marketing_email']).toBe('withdrawn');
  });

  it.each([
    ['an empty body', { method: 'POST', headers: FORM, body: '' }],
    ['no body', { method: 'POST' }],
    ['another value', { method: 'POST', headers: FORM, body: 'List-Unsubscribe=one-click' }],
    ['JSON', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"List-Unsubscribe":"One-Click"}' }],
    ['half a multipart form', { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x\r\nContent-Disposition: form-data; name="List-Un' }],
    ['multipart without a boundary', { method: 'POST', headers: { 'content-type': 'multipart/form-data' }, body: 'List-Unsubscribe=One-Click' }],
  ])('is refused with %s, and changes nothing', async (_, init) => {
    const ref = await people.agreed();
    expect((await people.page(await people.linkFor(ref), init)).status).toBe(400);
    expect((await people.stateOf(ref))['marketing_email']).toBe('given');
  });

  it('is one withdrawal and one answer when it is clicked twice, at once or later', async () => {
    const ref = await people.agreed();
    const path = await people.linkFor(ref);
    const both = await Promise.all([people.page(path, ONE_CLICK), people.page(path, ONE_CLICK)]);
    const later = await people.page(path, ONE_CLICK);
    expect([...both, later].map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set([...both, later].map(({ text }) => text)).size).toBe(1);
    expect(await people.written(ref)).toBe(3); // two yeses and one no
  });

  it('is offered by a button to whoever never said no, and told to whoever did', async () => {
    const ref = await people.agreed(['analytics']);
    const path = await people.linkFor(ref);
    expect((await people.page(path)).text).toContain('>Unsubscribe</button>');
    await people.page(path, ONE_CLICK);
    expect((await people.page(path)).text).toContain('You are unsubscribed');
  });

  it('is still offered where somebody said yes to a branded domain after their no, and ends that too', async () => {
    const ref = await people.agreed();
    const path = await people.linkFor(ref);
    await people.page(path, ONE_CLICK);
    consent.clock.advance({ seconds: 1 });
    await consent.decide({ subject: { ref }, decisions: [{ purpose: 'marketing_email', decision: 'given' }], domain: 'shop.example.com' });
    expect((await people.page(path)).text).toContain('>Unsubscribe</button>');
    consent.clock.advance({ seconds: 1 });
    await people.page(path, ONE_CLICK);
    expect((await people.page(path)).text).toContain('You are unsubscribed');
    const on = { subject: { ref }, purpose: 'marketing_email', domain: 'shop.example.com' };
    expect((await consent.check(on)).body).toMatchObject({ allowed: false, reason: 'withdrawn' });
  });

  it('counts also for who had decided nothing: from then on it is refused', async () => {
    const { body } = await consent.service.call('POST', '/internal/resolve', SERVICE, { people: [{ identifiers: ada().identifiers }] }, { 'x-heed-tenant': 'ajuni' });
    const [person] = body['people'] as { ref: string }[];
    const ref = person?.ref ?? '';
    await people.page(await people.linkFor(ref), ONE_CLICK);
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'refused' });
  });
});

describe('whoever only looks', () => {
  const SCANNERS = [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36',
    'Mozilla/5.0 (compatible; GoogleImageProxy)', 'Barracuda Sentinel (EE)', 'Microsoft Office/16.0 (Microsoft Outlook 16.0)', 'python-requests/2.32', '',
  ];

  it('changes nothing, with any method but POST and any program, however often', async () => {
    const ref = await people.agreed();
    const paths = [await people.linkFor(ref), await people.linkFor(ref, { kind: 'preferences' })];
    for (const path of paths) {
      for (const agent of SCANNERS) {
        const headers = { 'user-agent': agent, purpose: 'prefetch', 'sec-purpose': 'prefetch;prerender', 'sec-gpc': '1' };
        expect((await people.page(path, { headers })).status).toBe(200);
        expect((await people.page(`${path}?List-Unsubscribe=One-Click&utm_source=mail`, { headers })).status).toBe(200);
      }
      for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']) {
        expect((await fetch(people.at(path), { method })).status, method).toBe(404);
      }
      for (const below of ['/choices', '/withdraw-all']) expect((await fetch(people.at(path + below))).status).toBe(404);
    }
    expect(await people.written(ref)).toBe(2);
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'given', analytics: 'given' });
  });

  it('sees a page that no other site can frame, that tells nobody where it was, and that runs nothing but its own', async () => {
    const { headers, text } = await people.page(await people.linkFor(await people.agreed(), { kind: 'preferences' }));
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).not.toContain('unsafe');
    for (const part of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) expect(policy).toContain(part);
    expect(Object.fromEntries(['referrer-policy', 'cache-control', 'x-content-type-options', 'x-robots-tag'].map((name) => [name, headers.get(name)]))).toEqual({
      'referrer-policy': 'no-referrer', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-robots-tag': 'noindex, nofollow',
    });
    expect(text).not.toMatch(/ style=| on[a-z]+=|https?:\/\//);
  });
});
