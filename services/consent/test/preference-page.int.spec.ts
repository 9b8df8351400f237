import { verifyCertificate } from '@heed/certificate';
import { loadSamplePack } from '@heed/policy';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';
import { FORM, PeopleWithLinks } from './people-with-links.js';
import { Visitors } from './visitor.js';

let consent: ConsentUnderTest;
let visitors: Visitors;
let people: PeopleWithLinks;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  people = new PeopleWithLinks(consent);
  visitors = await Visitors.arrive();
  const deafen = await consent.listen();
  return async () => {
    await visitors.leave();
    await deafen();
    await consent.stop();
  };
});

type Decided = { readonly purpose: string; readonly decision: 'given' | 'refused' };

async function person(decisions: readonly Decided[], more: Record<string, unknown> = {}): Promise<{ ref: string; dispatchIds: string[] }> {
  const { status, body } = await consent.decide({ subject: ada(), decisions, ...more });
  expect(status).toBe(201);
  return { ref: String(body['ref']), dispatchIds: body['dispatchIds'] as string[] };
}

const both = [
  { purpose: 'marketing_email', decision: 'given' },
  { purpose: 'analytics', decision: 'given' },
] as const;

async function linkFor(ref: string, wanted: Record<string, unknown> = { kind: 'preferences' }): Promise<string> {
  return people.at(await people.linkFor(ref, wanted));
}

const post = (url: string, body?: string): Promise<Response> =>
  consent.service.fetch(url, { method: 'POST', redirect: 'manual', headers: FORM, ...(body === undefined ? { headers: {} } : { body }) });

describe('the preference page', () => {
  it('shows every purpose: what holds since and until when, under which words, and on which ground the rest goes on', async () => {
    const { ref } = await person([both[0]], { notice: { id: 'signup', version: '1', language: 'en' } });
    const visit = await visitors.visit(await linkFor(ref));
    const text = await visit.page.locator('main').innerText();
    expect(text).toContain('You agreed on 21 November 2026, until 21 November 2028'); // P24M
    expect(text).toContain('You have not decided yet, so it is off');
    const pack = loadSamplePack('ajuni');
    for (const purpose of pack.purposes) expect(text).toContain(purpose.title);
    expect(text).toContain('Rests on: a use the law names as legitimate (DPDP 7(d)). Cannot be switched off here.');
    expect(text).toContain(`${pack.tenant.controller.value} answers for your data. Write to ${pack.tenant.contacts.dpo?.value ?? ''}`);
    expect(await visit.page.getByRole('switch').evaluateAll((all) => all.map((one) => one.getAttribute('aria-checked')))).toEqual(['true', 'false']);
    expect(visit.complaints).toEqual([]);
    await visit.close();
  });

  it('is worked by keyboard alone, in the order one reads it, and one always sees where one is', async () => {
    const { ref } = await person(both);
    const visit = await visitors.visit(await linkFor(ref));
    const stops = await visit.tabStops();
    expect(stops.map(({ what }) => what)).toEqual([
      'a हिन्दी', 'switch Marketing emails', 'summary The words you agree to', 'switch Analytics', 'summary The words you agree to', 'button Withdraw all',
      'a Every single decision, unsigned', 'button Download signed receipts', 'a dpo@ajuni.io',
    ]);
    expect(stops.filter(({ visible }) => !visible)).toEqual([]);

    await visit.page.reload();
    for (let i = 0; i < 4; i += 1) await visit.page.keyboard.press('Tab');
    await visit.page.keyboard.press('Space');
    await visit.page.waitForURL(/changed=analytics/);
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'given', analytics: 'withdrawn' });
    expect(await visit.page.getByRole('status').innerText()).toBe('Analytics: switched off. It holds from now.');
    // the keyboard is back at the switch: another press takes it back
    expect(await visit.page.evaluate(`document.activeElement.getAttribute('aria-labelledby')`)).toBe('title-analytics');
    consent.clock.advance({ seconds: 1 }); // in the same moment a tie goes to the no
    await visit.page.keyboard.press('Enter');
    await visit.page.locator('[role=switch][aria-checked=true][aria-labelledby=title-analytics]').waitFor();
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'given', analytics: 'given' });
    await visit.close();
  });

  it.each([
    ['wide and light', 1280, 'light'],
    ['wide and dark', 1280, 'dark'],
    ['on a telephone, light', 360, 'light'],
    ['on a telephone, dark', 360, 'dark'],
  ] as const)('has nothing that axe finds wrong, %s, and nothing that scrolls sideways', async (_, width, colorScheme) => {
    const { ref } = await person([both[0]], { jurisdiction: 'EU' });
    const [preferences, unsubscribe] = [await linkFor(ref), await linkFor(ref, { kind: 'unsubscribe' })];
    for (const [url, signal] of [[preferences, '1'], [`${preferences}?lang=hi&changed=marketing_email`, ''], [unsubscribe, ''], [`${consent.service.url}/u/nothing`, ''], [`${consent.service.url}/u/ajuni.${'x'.repeat(32)}`, '']] as const) {
      const visit = await visitors.visit(url, { viewport: { width, height: 800 }, colorScheme, ...(signal ? { extraHTTPHeaders: { 'sec-gpc': signal } } : {}) });
      expect([url, await visit.violations()]).toEqual([url, []]);
      expect([url, await visit.overflows()]).toEqual([url, false]);
      await visit.close();
    }
  });

  it('speaks the languages of the notices: what was chosen, else what the browser prefers', async () => {
    const { ref } = await person(both);
    const url = await linkFor(ref);
    const title = async (path: string, accepts: string): Promise<string> => {
      const response = await consent.service.fetch(url + path, { headers: { 'accept-language': accepts } });
      return /<html lang="([^"]+)"/.exec(await response.text())?.[1] ?? '';
    };
    expect([await title('', 'hi-IN,hi;q=0.9,en;q=0.8'), await title('', 'de,fr;q=0.5'), await title('?lang=hi', 'en'), await title('?lang=xx', 'hi')]).toEqual(['hi', 'en', 'hi', 'hi']);
    const visit = await visitors.visit(`${url}?lang=hi`);
    await visit.page.getByRole('switch').first().press('Space');
    await visit.page.waitForURL(/lang=hi&changed/);
    consent.clock.advance({ seconds: 1 });
    await visit.page.getByRole('switch').first().press('Space');
    await visit.page.locator('[role=switch][aria-checked=true][aria-labelledby=title-marketing_email]').waitFor();
    await visit.close();
    const { body } = await consent.service.call('GET', `/v1/consents?ref=${ref}`, PLATFORM);
    const again = (body['items'] as { method: string; state: string; noticeLanguage: string }[]).find((one) => one.method === 'preference_page' && one.state === 'given');
    expect(again).toMatchObject({ noticeId: 'signup', noticeVersion: '1', noticeLanguage: 'hi' });
  });

  it('works without script, and with it shows the stores’ answers as they come', async () => {
    const { ref, dispatchIds } = await person([both[0]]);
    const url = await linkFor(ref);
    const plain = await visitors.visit(url, { javaScriptEnabled: false });
    expect(await plain.page.locator('#answers').innerText()).toMatch(/crm has not answered yet[^]*Look again/);
    await plain.page.getByRole('switch', { name: 'Analytics' }).press('Space');
    await plain.page.waitForURL(/changed=analytics/);
    expect(await plain.page.getByRole('switch', { name: 'Analytics' }).getAttribute('aria-checked')).toBe('true');
    await plain.close();

    const live = await visitors.visit(url);
    expect(await live.page.locator('#answers').getAttribute('data-waiting')).toBe('');
    const [marketing] = dispatchIds;
    const analytics = await consent.service.sql<{ id: string }>(`SELECT id FROM t_ajuni.dispatch WHERE ref = $1 AND id <> $2`, [ref, marketing]);
    await consent.acknowledge(await consent.commandFor(marketing), 'crm', consent.agent.keys);
    await live.page.locator('#answers', { hasText: 'crm heeds it' }).waitFor({ timeout: 20_000 });
    await consent.acknowledge(await consent.commandFor(analytics[0]?.id), 'telemetry', consent.agent.keys);
    await live.page.locator('#answers:not([data-waiting])', { hasText: 'telemetry heeds it' }).waitFor({ timeout: 20_000 });
    expect(live.complaints).toEqual([]);
    await live.close();
  });

  it('takes no yes to words that were not shown: a policy that changed meanwhile is read first', async () => {
    const { ref } = await person([both[0]]);
    const url = await linkFor(ref);
    const [, shown] = /name="purpose" value="analytics">.*name="notice" value="([^"]+)"/.exec(await (await consent.service.fetch(url)).text()) ?? [];
    const asking = loadSamplePack('ajuni').notices.consent.filter(({ purposes }) => purposes.includes('analytics'));
    expect(asking.map(({ id, version }) => `${id} ${version}`)).toContain(shown);
    const refused = await post(`${url}/choices`, 'purpose=analytics&choice=yes&notice=signup+0');
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('have changed since') as string]);
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'given' });
    expect((await post(`${url}/choices`, `purpose=analytics&choice=yes&notice=${encodeURIComponent(String(shown))}`)).status).toBe(303);
    expect((await post(`${url}/choices`, 'purpose=marketing_email&choice=no&notice=signup+0')).status).toBe(303); // a no is one under any words
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'withdrawn', analytics: 'given' });
  });

  it('tells of each purpose the latest change alone', async () => {
    const { ref } = await person(both);
    const url = await linkFor(ref);
    consent.clock.advance({ minutes: 1 });
    await post(`${url}/choices`, 'purpose=analytics&choice=no');
    const visit = await visitors.visit(url);
    expect(await visit.page.locator('#answers h3').allInnerTexts()).toEqual([
      expect.stringMatching(/^Analytics: off, /) as string, expect.stringMatching(/^Marketing emails: on, /) as string,
    ]);
    await visit.close();
  });

  it('takes back everything at once, on branded domains too, and leaves alone what does not rest on consent', async () => {
    const { ref } = await person(both);
    const subject = { ref };
    await consent.withdraw({ subject, purposes: ['analytics'], channel: 'api' });
    expect((await consent.decide({ subject, decisions: [both[1]], domain: 'shop.example.com', occurredAt: '2030-01-01T00:00:00Z' })).status).toBe(201);
    consent.clock.advance({ seconds: 1 });
    expect((await consent.decide({ subject, decisions: [both[1]], domain: 'shop.example.com' })).status).toBe(201);
    const url = await linkFor(ref);
    const visit = await visitors.visit(url);
    expect(await visit.page.getByRole('switch', { name: 'Analytics (shop.example.com)' }).getAttribute('aria-checked')).toBe('true');
    await visit.page.getByRole('button', { name: 'Withdraw all' }).press('Enter');
    await visit.page.waitForURL(/changed=all/);
    expect(await visit.page.locator('main').innerText()).toContain('Nothing that rests on your consent is on.');
    await visit.close();
    const rows = await consent.service.sql<{ state: string }>('SELECT DISTINCT state FROM t_ajuni.consent_state WHERE ref = $1', [ref]);
    expect(rows).toEqual([{ state: 'withdrawn' }]);
    const core = await consent.check({ subject, purpose: 'service' });
    expect(core.body).toMatchObject({ allowed: true, reason: 'basis_without_consent' });
  });

  it('lets people object to a legitimate interest where the law gives them one, and take it back', async () => {
    const { ref } = await person([both[0]], { jurisdiction: 'EU' });
    const visit = await visitors.visit(await linkFor(ref));
    const security = visit.page.getByRole('switch', { name: 'Security and fraud prevention' });
    expect(await security.getAttribute('aria-checked')).toBe('true');
    await security.press('Space');
    await visit.page.waitForURL(/changed=security/);
    expect(await people.stateOf(ref)).toMatchObject({ security: 'objected' });
    expect((await consent.check({ subject: { ref }, purpose: 'security', jurisdiction: 'EU' })).body).toMatchObject({ allowed: false, reason: 'objected' });
    consent.clock.advance({ seconds: 1 });
    await security.press('Space');
    await visit.page.locator('[role=switch][aria-checked=true][aria-labelledby=title-security]').waitFor();
    expect((await consent.check({ subject: { ref }, purpose: 'security', jurisdiction: 'EU' })).body).toMatchObject({ allowed: true });
    await visit.close();
    const indian = await visitors.visit(await linkFor((await person(both, { jurisdiction: 'IN' })).ref));
    expect(await indian.page.getByRole('switch', { name: 'Security and fraud prevention' }).count()).toBe(0);
    await indian.close();
  });

  it('shows a browser’s Global Privacy Control as a choice that is respected already, and changes nothing by being read', async () => {
    const { ref } = await person([both[0]]);
    const url = await linkFor(ref);
    const with_ = async (signal: string): Promise<string> => (await consent.service.fetch(url, { headers: { 'sec-gpc': signal } })).text();
    expect(await with_('1')).toContain('Your browser says no on your behalf');
    for (const other of ['0', 'true', '1, 1', '01']) expect(await with_(other)).not.toContain('Your browser says no on your behalf');
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'given' });
  });

  it('writes a double click once', async () => {
    const { ref } = await person(both);
    const url = await linkFor(ref);
    const answers = await Promise.all([1, 2, 3].map(() => post(`${url}/choices`, 'purpose=analytics&choice=no')));
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(answers[0]?.headers.get('location')).toBe(`${new URL(url).pathname}?lang=en&changed=analytics`);
    const [row] = await consent.service.sql<{ n: number }>('SELECT count(*)::int AS n FROM t_ajuni.consent_record WHERE ref = $1', [ref]);
    expect(row?.n).toBe(3);
  });

  it('refuses in words what the policy does not allow, and knows no other purposes', async () => {
    const { ref } = await person(both);
    const url = await linkFor(ref);
    for (const body of ['purpose=sale&choice=yes', 'purpose=service&choice=no', 'purpose=horoscopes&choice=yes', 'purpose=analytics&choice=no&domain=thought-of.example.com', 'purpose=analytics&choice=no&domain=%3Cb%3E']) {
      const answer = await post(`${url}/choices`, body);
      expect([body, answer.status, (await answer.text()).includes('This was not changed')]).toEqual([body, 422, true]);
    }
    for (const body of ['', 'purpose=analytics', 'purpose=analytics&choice=maybe', 'purpose=<b>&choice=yes']) expect((await post(`${url}/choices`, body)).status).toBe(400);
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'given', analytics: 'given' });
  });

  it('is not opened by an unsubscribe link', async () => {
    const { ref } = await person(both);
    const url = await linkFor(ref, { kind: 'unsubscribe' });
    expect((await post(`${url}/choices`, 'purpose=analytics&choice=no')).status).toBe(404);
    expect((await post(`${url}/withdraw-all`)).status).toBe(404);
    expect(await (await consent.service.fetch(url)).text()).not.toContain('Analytics');
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'given', analytics: 'given' });
  });
});

describe('the receipts on it', () => {
  it('AJU-11: are handed over signed, one for each purpose, and can be checked by anybody', async () => {
    expect(loadSamplePack('ajuni').consent.receipts).toMatchObject({ value: 'on_request', source: 'AJU-11' });
    const { ref } = await person(both);
    const visit = await visitors.visit(await linkFor(ref));
    const [download] = await Promise.all([visit.page.waitForEvent('download'), visit.page.getByRole('button', { name: 'Download signed receipts' }).press('Enter')]);
    expect(download.suggestedFilename()).toBe('signed-receipts.json');
    const { receipts } = JSON.parse(await readFile(await download.path(), 'utf8')) as { receipts: unknown[] };
    expect(receipts.map((receipt) => verifyCertificate(receipt))).toMatchObject([{ ok: true, kind: 'receipt' }, { ok: true, kind: 'receipt' }]);
    await visit.close();
  });

  it('are all in one file too, however many there are, and no scanner that fetches it changes anything', async () => {
    const { ref } = await person(both);
    for (let i = 0; i < 120; i += 1) {
      consent.clock.advance({ seconds: 1 });
      await consent.decide({ subject: { ref }, decisions: [both[i % 2] ?? both[0]] });
    }
    const url = `${await linkFor(ref)}/receipts`;
    const before = await consent.service.sql('SELECT count(*)::int AS n FROM t_ajuni.ledger_entry');
    const response = await consent.service.fetch(url);
    const { receipts } = (await response.json()) as { receipts: { record: { register: { record_id: string } } }[] };
    expect(new Set(receipts.map(({ record }) => record.register.record_id)).size).toBe(122);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="receipts.json"');
    expect(await consent.service.sql('SELECT count(*)::int AS n FROM t_ajuni.ledger_entry')).toEqual(before);
    const unsubscribe = await linkFor(ref, { kind: 'unsubscribe' });
    expect([(await consent.service.fetch(`${unsubscribe}/receipts`)).status, (await post(`${unsubscribe}/receipts`)).status]).toEqual([404, 404]);
  });
});

describe('the unsubscribe page', () => {
  it('takes one press of a button at a real browser', async () => {
    const { ref } = await person(both);
    const url = await linkFor(ref, { kind: 'unsubscribe' });
    const visit = await visitors.visit(url, { javaScriptEnabled: false });
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'given', analytics: 'given' });
    await visit.page.keyboard.press('Tab');
    await visit.page.keyboard.press('Tab');
    await visit.page.keyboard.press('Enter');
    await visit.page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
    expect(await people.stateOf(ref)).toEqual({ marketing_email: 'withdrawn', analytics: 'given' });
    await visit.page.goto(url);
    expect(await visit.page.locator('main').innerText()).toContain('You are unsubscribed');
    await visit.close();
  });
});
