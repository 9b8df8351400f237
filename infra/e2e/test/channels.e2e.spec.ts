import { byEmail, consentFacts, Heed, MailingList, Population } from '@heed/e2e';
import { loadSamplePack } from '@heed/policy';
import { Dovecot, eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let heed: Heed;
let list: MailingList;
let browser: Browser;
let dovecot: Dovecot;

const privacyAddress = (tenant: string): string => `privacy@${tenant}.example`;

beforeAll(async () => {
  dovecot = await Dovecot.start();
  const mailbox = (tenant: string): unknown => ({ url: `imap://${encodeURIComponent(privacyAddress(tenant))}@127.0.0.1:${dovecot.imap}`, password: 'mailbox-secret' });
  const mailboxes = path.join(dovecot.dir, 'mailboxes.json');
  await writeFile(mailboxes, JSON.stringify({ ajuni: mailbox('ajuni'), ahurasense: mailbox('ahurasense') }), { mode: 0o600 });
  heed = await Heed.start({ DSAR_MAILBOXES: mailboxes, DSAR_MAILBOX_EVERY_MS: '500' });
  list = new MailingList(heed);
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'], headless: true });
});
afterAll(async () => {
  await browser.close();
  list.close();
  await heed.stop();
  await dovecot.stop();
});

/** Somebody who is in every store of a tenant, and has agreed to everything that can be agreed to. */
class Person {
  private constructor(
    readonly tenant: string,
    readonly people: Population,
    readonly email: string,
    readonly cookie: string,
    readonly ref: string,
  ) {}

  static async agreed(tenant: string): Promise<Person> {
    const people = await Population.settle(heed, tenant, 1);
    const [email = ''] = people.emails;
    list.add(tenant, email);
    const cookie = randomUUID();
    const subject = { identifiers: [...byEmail(email).identifiers, { type: 'cookie_id', value: cookie }] };
    const { status, body } = await heed.call(tenant, 'POST', '/v1/consents', { subject, decisions: ['marketing_email', 'analytics'].map((purpose) => ({ purpose, decision: 'given' })) });
    expect(status).toBe(201);
    const person = new Person(tenant, people, email, cookie, String(body['ref']));
    for (const id of body['dispatchIds'] as string[]) await heed.dispatchIs(tenant, id, 'done');
    expect(await person.stores()).toEqual({ crm: true, mail: true, telemetry: true });
    return person;
  }

  /** What the stores themselves say, each in its own words. */
  async stores(): Promise<{ crm: unknown; mail: unknown; telemetry: unknown }> {
    const [crm] = await heed.store<{ on: boolean }>(this.tenant, 'crm', 'SELECT marketing_email AS on FROM people WHERE email = $1', [this.email]);
    const [telemetry] = await heed.store<{ on: boolean }>(this.tenant, 'telemetry', 'SELECT analytics AS on FROM profiles WHERE email = $1', [this.email]);
    return { crm: crm?.on, mail: list.sendsTo(this.tenant, this.email), telemetry: telemetry?.on };
  }

  async link(kind: 'unsubscribe' | 'preferences'): Promise<string> {
    const { status, body } = await heed.call(this.tenant, 'POST', `/v1/subjects/${this.ref}/links`, { kind });
    expect(status).toBe(201);
    return String(body['url']);
  }

  async allowed(purpose: string): Promise<unknown> {
    return (await heed.call(this.tenant, 'POST', '/v1/consents/check', { subject: byEmail(this.email), purpose })).body['allowed'];
  }

  /**
   * The no has reached the stores and was acknowledged by each; it was said once, although it was done twice, by this channel;
   * and what the person did not touch goes on.
   */
  async hasWithdrawn(purpose: 'marketing_email' | 'analytics', channel: string): Promise<void> {
    const off = purpose === 'marketing_email' ? { crm: false, mail: false, telemetry: true } : { crm: true, mail: true, telemetry: false };
    await this.hasWithdrawnFrom(off, purpose, channel);
  }

  async hasWithdrawnFrom(stores: { crm: boolean; mail: boolean; telemetry: boolean }, purpose: string, channel: string): Promise<void> {
    await eventually(async () => expect(await this.stores()).toEqual(stores), { timeoutMs: 30_000, everyMs: 100 });
    const said = await eventually(
      async () => {
        const facts = (await consentFacts(heed, this.tenant, this.ref)).filter(({ type, records }) => type !== 'heed.consent.given.v1' && records.some((one) => one.purpose === purpose));
        expect(facts).toMatchObject([{ type: 'heed.consent.withdrawn.v1', channel }]);
        return facts;
      },
      { timeoutMs: 20_000, everyMs: 500 },
    );
    const done = await heed.dispatchIs(this.tenant, said[0]?.dispatchId ?? '', 'done');
    const targets = done.body['targets'] as { dataStore: string; state: string; rows: number; evidence: { proof: unknown } | null }[];
    const wanted = purpose === 'analytics' ? ['telemetry'] : ['crm', 'mail-processor'];
    for (const store of wanted) expect(targets.find(({ dataStore }) => dataStore === store)).toMatchObject({ state: 'done', rows: 1, evidence: { proof: { alg: expect.any(String) as string } } });
    expect(await this.allowed(purpose)).toBe(false);
    expect(await this.allowed('service')).toBe(true);
  }
}

/** Twice, as people and programs do. */
async function twice<T>(act: () => Promise<T>): Promise<T> {
  await act();
  return act();
}

const oneClick = (url: string): Promise<Response> =>
  fetch(url, { method: 'POST', redirect: 'error', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'List-Unsubscribe=One-Click', signal: AbortSignal.timeout(20_000) });

async function atPage(url: string, act: (page: Page) => Promise<void>): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 360, height: 740 }, locale: 'en-GB' });
  await page.goto(url);
  await act(page);
  await page.context().close();
}

describe('every way of saying no ends at the stores', () => {
  it('AJU-17: the unsubscribe link of a marketing mail', async () => {
    expect(loadSamplePack('ajuni').consent.withdrawal.channels).toContainEqual({ channel: 'unsubscribe_link', source: 'AJU-17' });
    const person = await Person.agreed('ajuni');
    const url = await person.link('unsubscribe');
    expect((await twice(() => fetch(url))).status).toBe(200); // a scanner opens it first
    expect(await person.allowed('marketing_email')).toBe(true);
    expect((await twice(() => oneClick(url))).status).toBe(200);
    await person.hasWithdrawn('marketing_email', 'unsubscribe_link');
  });

  it('AJU-17: the cookie preferences of the page that a footer leads to, at a real browser, where the stores are watched as they answer', async () => {
    expect(loadSamplePack('ajuni').consent.withdrawal.channels).toContainEqual({ channel: 'cookie_preferences', source: 'AJU-17' });
    const person = await Person.agreed('ajuni');
    await atPage(await person.link('preferences'), async (page) => {
      await page.getByRole('switch', { name: 'Analytics' }).press('Space');
      await page.waitForURL(/changed=analytics/);
      await page.locator('#answers li.done', { hasText: /telemetry.* heeds it/i }).waitFor({ timeout: 30_000 });
      await page.reload();
    });
    await person.hasWithdrawn('analytics', 'preference_page');
  });

  it('AJU-18: the API; it looks forward: what was lawful before stays recorded, and nothing is taken away', async () => {
    expect(loadSamplePack('ajuni').consent.withdrawal.effect).toMatchObject({ value: 'prospective', source: 'AJU-18' });
    const person = await Person.agreed('ajuni');
    const before = await person.people.left();
    const body = { subject: byEmail(person.email), purposes: ['marketing_email'], channel: 'api' };
    const key = randomUUID();
    const [, answer] = [await heed.insist('ajuni', '/v1/withdrawals', body, key), await heed.insist('ajuni', '/v1/withdrawals', body, key)];
    expect(answer.status).toBe(202);
    await person.hasWithdrawn('marketing_email', 'api');
    const { body: history } = await heed.call('ajuni', 'GET', `/v1/consents?ref=${person.ref}`);
    const marketing = (history['items'] as { purpose: string; state: string; tookEffect: boolean }[]).filter(({ purpose }) => purpose === 'marketing_email');
    expect(marketing).toMatchObject([{ state: 'withdrawn', tookEffect: true }, { state: 'given', tookEffect: true }]);
    expect(await person.people.left()).toEqual(before);
  });

  it('AJU-18: Kafka; core purposes rest on no consent and go on', async () => {
    const pack = loadSamplePack('ajuni');
    const person = await Person.agreed('ajuni');
    const producer = heed.kafka.producer();
    await producer.connect();
    const headers = { ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/shop', ce_type: 'heed.ingress.consent_withdrawn.v1', ce_time: new Date().toISOString(), 'content-type': 'application/json' };
    const value = JSON.stringify({ subject: byEmail(person.email), purposes: ['marketing_email'] });
    await twice(() => producer.send({ topic: 'heed.t.ajuni.ingress.v1', messages: [{ value, headers }] }));
    await producer.disconnect();
    await person.hasWithdrawn('marketing_email', 'kafka');
    const core = pack.purposes.filter(({ bases }) => Object.values(bases).every(({ basis }) => basis !== 'consent'));
    expect(core.length).toBeGreaterThan(3);
    for (const { id } of core) expect([id, await person.allowed(id)]).toEqual([id, true]);
  });

  it('a browser’s Global Privacy Control, for the person whom the cookie belongs to', async () => {
    const person = await Person.agreed('ajuni');
    const subject = { identifiers: [{ type: 'cookie_id', value: person.cookie }] };
    const answer = await twice(() => heed.call('ajuni', 'POST', '/v1/signals/gpc', { subject }, { 'sec-gpc': '1' }));
    expect(answer).toMatchObject({ status: 200, body: { signal: true, dispatchIds: [] } }); // the second said nothing new
    await person.hasWithdrawn('analytics', 'gpc');
    const support = await fetch(`${heed.system.origin}/.well-known/gpc.json`);
    expect(await support.json()).toMatchObject({ gpc: true });
  });

  it('another system that hands its decisions over', async () => {
    const person = await Person.agreed('ajuni');
    const item = { subject: byEmail(person.email), purpose: 'marketing_email', decision: 'withdrawn', occurredAt: new Date().toISOString(), externalId: randomUUID() };
    const answer = await twice(() => heed.call('ajuni', 'POST', '/v1/consents/sync', { source: 'mail-tool', items: [item] }));
    expect(answer.body['items']).toMatchObject([{ outcome: 'duplicate', state: 'withdrawn' }]);
    await person.hasWithdrawn('marketing_email', 'sync');
  });

  it('AUR-12: consent is taken back for all that is optional at once, and Aurigen’s core features go on', async () => {
    const pack = loadSamplePack('aurigen');
    expect(pack.consent.withdrawal.coreContinues).toMatchObject({ value: true, source: 'AUR-12' });
    const person = await Person.agreed('aurigen');
    await atPage(await person.link('preferences'), async (page) => {
      await page.getByRole('button', { name: 'Withdraw all' }).press('Enter');
      await page.waitForURL(/changed=all/);
      await page.getByText('Nothing that rests on your consent is on.').waitFor();
    });
    await person.hasWithdrawnFrom({ crm: false, mail: false, telemetry: false }, 'marketing_email', 'preference_page');
    const core = pack.purposes.filter(({ bases }) => Object.values(bases).every(({ basis }) => basis !== 'consent'));
    for (const { id } of core) expect([id, await person.allowed(id)]).toEqual([id, true]);
  });

  it('AHU-09: consent is withdrawn where AhuraSense rests on it, and what does not is allowed still', async () => {
    const pack = loadSamplePack('ahurasense');
    const resting = pack.purposes.filter(({ bases }) => bases['IN']?.basis === 'consent').map(({ id }) => id);
    expect(resting).toEqual(['marketing_email', 'analytics']);
    const person = await Person.agreed('ahurasense');
    expect((await twice(async () => oneClick(await person.link('unsubscribe')))).status).toBe(200);
    await person.hasWithdrawn('marketing_email', 'unsubscribe_link');
    const { body } = await heed.call('ahurasense', 'POST', '/v1/withdrawals', { subject: byEmail(person.email), purposes: ['analytics'], channel: 'api' });
    await heed.dispatchIs('ahurasense', String(body['dispatchId']), 'done');
    for (const { id } of pack.purposes) expect([id, await person.allowed(id)]).toEqual([id, !resting.includes(id)]);
    // What rests on no consent cannot be withdrawn: there is nothing to take back.
    const core = await heed.call('ahurasense', 'POST', '/v1/withdrawals', { subject: byEmail(person.email), purposes: ['service'], channel: 'api' });
    expect(core).toMatchObject({ status: 422, body: { code: 'purpose_not_consent_based' } });
  });

  it('AJU-17: a mail to the privacy address, which is there unread for whoever works in the mailbox', async () => {
    expect(loadSamplePack('ajuni').consent.withdrawal.channels).toContainEqual({ channel: 'email', source: 'AJU-17' });
    const person = await Person.agreed('ajuni');
    await twice(() => dovecot.deliver({ to: privacyAddress('ajuni'), from: `Somebody <${person.email}>`, subject: 'Your newsletter', text: 'Please unsubscribe me.', messageId: `<${person.ref}@example.com>` }));
    await person.hasWithdrawn('marketing_email', 'email');
    expect(await dovecot.flags()).toEqual([]);
  });

  it('AHU-09: a mail that takes consent back, to AhuraSense’s privacy address', async () => {
    expect(loadSamplePack('ahurasense').consent.withdrawal.channels).toContainEqual({ channel: 'email', source: 'AHU-09' });
    const person = await Person.agreed('ahurasense');
    await dovecot.deliver({ to: privacyAddress('ahurasense'), from: person.email, subject: 'My data', text: 'I hereby withdraw my consent.' });
    await person.hasWithdrawnFrom({ crm: false, mail: false, telemetry: false }, 'marketing_email', 'email');
  });
});
