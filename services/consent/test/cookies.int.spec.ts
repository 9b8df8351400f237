import { loadSamplePack } from '@heed/policy';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConsentUnderTest } from './consent-under-test.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let consent: ConsentUnderTest;
let site: Server;
let browser: Browser;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni', 'askasia', 'ahurasense']);
  site = createServer((request, response) => {
    void page(request.headers.host ?? '', request.headers.cookie ?? '', request.headers['sec-gpc'] === '1').then(({ cookies, html }) => {
      response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': cookies }).end(html);
    });
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  // Branded domains of partners that all lead to the one page server.
  const resolver = '--host-resolver-rules=MAP *.partners.example.com 127.0.0.1';
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', resolver], headless: true });
});
afterAll(async () => {
  await browser.close();
  site.close();
  await consent.stop();
});

type Body = Record<string, unknown>;
const call = (tenant: string, path: string, body?: unknown, roles = ['platform']) => consent.service.call(body === undefined ? 'GET' : 'POST', path, { tenant, roles }, body);
const cookie = (value: string): Body => ({ identifiers: [{ type: 'cookie_id', value }] });
const gate = async (tenant: string, body: Body): Promise<readonly Body[]> => (await call(tenant, '/v1/cookies/gate', body)).body['classes'] as Body[];
const analytics = async (tenant: string, body: Body): Promise<Body | undefined> => (await gate(tenant, body)).find((one) => one['class'] === 'analytics');
const decide = (tenant: string, visitor: string, decision: string, more: Body = {}) =>
  call(tenant, '/v1/consents', { subject: cookie(visitor), decisions: [{ purpose: 'analytics', decision }], method: 'cookie_preferences', ...more });

/** A partner's page, which asks the gate before it sets any cookie. The session's own id is who is asked about. */
async function page(host: string, cookies: string, gpc: boolean): Promise<{ cookies: string[]; html: string }> {
  const visitor = /session=([^;]+)/.exec(cookies)?.[1];
  const domain = host.split(':')[0] ?? '';
  const classes = await gate('askasia', { domain, gpc, ...(visitor ? { subject: cookie(visitor) } : {}) });
  const allowed = (name: string): boolean => classes.some((one) => one['class'] === name && one['allowed'] === true);
  return {
    cookies: [...(allowed('essential') && !visitor ? [`session=${randomUUID()}; HttpOnly; Path=/`] : []), ...(allowed('analytics') ? ['_stats=1; Path=/'] : [])],
    html: '<!doctype html><title>Partner</title><h1>Shop</h1>',
  };
}

/** Somebody at a browser of their own. @returns the names of the cookies that they have after each page, and their session */
async function visitor(): Promise<{ look: (domain: string) => Promise<readonly string[]>; session: (domain: string) => Promise<string>; close: () => Promise<void> }> {
  const context = await browser.newContext();
  const at = (domain: string): string => `http://${domain}:${(site.address() as AddressInfo).port}/`;
  return {
    look: async (domain) => {
      const opened = await context.newPage();
      await opened.goto(at(domain));
      await opened.close();
      return (await context.cookies(at(domain))).map(({ name }) => name).sort();
    },
    session: async (domain) => (await context.cookies(at(domain))).find(({ name }) => name === 'session')?.value ?? '',
    close: () => context.close(),
  };
}

const [SHOP, OTHER, BARE] = ['shop.partners.example.com', 'other.partners.example.com', 'bare.partners.example.com'];

describe('cookies (G35)', () => {
  it('ASK-16: without consent a page of a partner sets session cookies alone, in a real browser', async () => {
    expect(loadSamplePack('askasia').cookies?.[0]).toEqual({ class: 'essential', gate: 'always', responsible: 'controller', source: 'ASK-16' });
    await call('askasia', '/v1/cookie-domains', { domain: SHOP, partner: 'Shop', analytics: true });
    const somebody = await visitor();
    expect(await somebody.look(SHOP)).toEqual(['session']);
    expect(await somebody.look(SHOP), 'known by their session, and nothing was decided').toEqual(['session']);
    await decide('askasia', await somebody.session(SHOP), 'refused', { domain: SHOP });
    expect(await somebody.look(SHOP)).toEqual(['session']);
    await somebody.close();
  });

  it('ASK-17: analytics cookies come with the consent on that branded domain, and on no other, in a real browser', async () => {
    expect(loadSamplePack('askasia').cookies?.[1]).toEqual({ class: 'analytics', gate: 'configured_and_consent', responsible: 'partner', source: 'ASK-17' });
    for (const [domain, configured] of [[SHOP, true], [OTHER, true], [BARE, false]] as const) {
      expect((await call('askasia', '/v1/cookie-domains', { domain, partner: domain, analytics: configured }, ['tenant-admin'])).status).toBe(200);
    }
    const somebody = await visitor();
    for (const domain of [SHOP, OTHER, BARE]) await somebody.look(domain);
    await decide('askasia', await somebody.session(SHOP), 'given', { domain: SHOP });
    expect(await somebody.look(SHOP)).toEqual(['_stats', 'session']);
    // The same person with another partner: even by the same cookie nothing was agreed to there.
    const known = cookie(await somebody.session(SHOP));
    expect(await analytics('askasia', { subject: known, domain: OTHER })).toMatchObject({ allowed: false, reason: 'no_decision', responsible: 'partner', promise: 'ASK-17' });
    expect(await somebody.look(OTHER)).toEqual(['session']);
    await decide('askasia', await somebody.session(BARE), 'given', { domain: BARE });
    expect(await somebody.look(BARE), 'agreed to, and not configured').toEqual(['session']);
    expect(await analytics('askasia', { subject: cookie(await somebody.session(BARE)), domain: BARE })).toMatchObject({ reason: 'not_configured' });
    expect(await analytics('askasia', { subject: known, domain: 'nobody.example.com' }), 'a domain that nobody knows').toMatchObject({ allowed: false, reason: 'not_configured' });
    await somebody.close();
  });

  it('ASK-17: a withdrawal without a domain ends it on all of them, and a privacy signal is heeded', async () => {
    const id = randomUUID();
    for (const domain of [SHOP, OTHER]) await decide('askasia', id, 'given', { domain });
    expect(await analytics('askasia', { subject: cookie(id), domain: SHOP, gpc: true })).toMatchObject({ allowed: false, reason: 'gpc' });
    consent.clock.advance({ ms: 5 });
    await call('askasia', '/v1/withdrawals', { subject: cookie(id), purposes: ['analytics'], domain: SHOP });
    expect(await analytics('askasia', { subject: cookie(id), domain: SHOP })).toMatchObject({ allowed: false, reason: 'withdrawn' });
    expect(await analytics('askasia', { subject: cookie(id), domain: OTHER })).toMatchObject({ allowed: true, reason: 'given' });
    await call('askasia', '/v1/withdrawals', { subject: cookie(id), purposes: ['analytics'] });
    expect(await analytics('askasia', { subject: cookie(id), domain: OTHER })).toMatchObject({ allowed: false, reason: 'withdrawn' });
  });

  it('ASK-16: essential cookies are allowed for whoever said no to everything', async () => {
    const id = randomUUID();
    await call('askasia', '/v1/withdrawals', { subject: cookie(id), purposes: 'all' });
    expect(await gate('askasia', { subject: cookie(id), domain: SHOP, classes: ['essential'] })).toEqual([
      { class: 'essential', allowed: true, reason: 'essential', responsible: 'partner', recordId: null, promise: 'ASK-16' },
    ]);
  });

  it('AJU-08: on the own sites one consent counts, without a configuration, and a visit without a person has none', async () => {
    expect(loadSamplePack('ajuni').cookies?.[1]).toMatchObject({ gate: 'consent', responsible: 'controller', source: 'AJU-08' });
    const id = randomUUID();
    expect(await analytics('ajuni', { domain: 'ajuni.example.com' })).toMatchObject({ allowed: false, reason: 'no_decision', promise: 'AJU-08' });
    const { body } = await decide('ajuni', id, 'given');
    const [record] = body['records'] as Body[];
    expect(await analytics('ajuni', { subject: cookie(id), domain: 'ajuni.example.com' })).toMatchObject({ allowed: true, reason: 'given', recordId: record?.['id'] });
    expect(await analytics('ajuni', { subject: cookie(id), domain: 'docs.ajuni.example.com' })).toMatchObject({ allowed: true });
  });

  it('a class that the policy does not know is never allowed; a policy without the section has session cookies', async () => {
    expect(await gate('ajuni', { domain: 'ajuni.example.com', classes: ['marketing'] })).toMatchObject([{ allowed: false, reason: 'class_unknown' }]);
    expect(await gate('ahurasense', { domain: 'ahura.example.com' })).toMatchObject([{ class: 'essential', allowed: true }]);
  });

  it('domains are listed in pages, shown, and configured by no analyst', async () => {
    const listed = await call('askasia', '/v1/cookie-domains?limit=2');
    expect((listed.body['items'] as Body[]).map((one) => one['domain'])).toEqual([BARE, OTHER]);
    const rest = await call('askasia', `/v1/cookie-domains?limit=2&cursor=${String(listed.body['nextCursor'])}`);
    expect((rest.body['items'] as Body[]).map((one) => one['domain'])).toEqual([SHOP]);
    expect((await call('askasia', `/v1/cookie-domains/${BARE}`)).body).toMatchObject({ partner: BARE, analytics: false });
    expect((await call('askasia', '/v1/cookie-domains/none.example.com')).status).toBe(404);
    expect((await call('ajuni', `/v1/cookie-domains/${SHOP}`)).status, 'another tenant').toBe(404);
    expect((await call('askasia', '/v1/cookie-domains', { domain: SHOP, partner: 'x', analytics: true }, ['analyst'])).status).toBe(403);
    expect((await call('askasia', '/v1/cookie-domains', { domain: 'Shop', partner: 'x', analytics: true })).status).toBe(400);
  });
});
