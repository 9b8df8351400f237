import { verifyCertificate } from '@heed/certificate';
import { eventually } from '@heed/testing';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DsarUnderTest, STORES } from './dsar-under-test.js';

let heed: DsarUnderTest;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let url: string;
let statusUrl: string;
const complaints: string[] = [];

beforeAll(async () => {
  heed = await DsarUnderTest.start(['ajuni']);
  await heed.prepare('ajuni');
  const { id, dispatchId } = await heed.approved();
  const command = await heed.clear(dispatchId).then(() => heed.command(dispatchId));
  await heed.bus.publish(...STORES.map((store) => heed.stores.answer(command, store, { tables: [{ table: 'invoices', rows: 3, residue: 0, kept: [{ basis: 'tax law, 8 years', count: 2 }] }] })));
  await eventually(async () => expect((await heed.request(id))['state']).toBe('closed'), { timeoutMs: 20_000 });
  url = `${heed.dsar.url}/v1/requests/${id}/certificate`;
  statusUrl = heed.dsar.url + new URL(String((await heed.request(id))['statusUrl'])).pathname;
  await eventually(async () => expect((await heed.call('GET', `/v1/requests/${id}/certificate`)).status).toBe(200));
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'], headless: true });
});
afterAll(async () => {
  await browser.close();
  await heed.stop();
});
beforeEach(async () => {
  const token = await heed.bed.issuer.token({ tenant: 'ajuni', roles: ['auditor'] });
  context = await browser.newContext({ acceptDownloads: true, extraHTTPHeaders: { authorization: `Bearer ${token}` } });
  page = await context.newPage();
  complaints.length = 0;
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
});
afterEach(() => context.close());

/** What a screen reader, or somebody who cannot see well, would stumble over. */
const STUMBLES = `(() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  if (!document.documentElement.lang) found.push('no language');
  if (!document.title) found.push('no title');
  if (all('main').length !== 1) found.push('not one main');
  if (all('h1').length !== 1) found.push('not one h1');
  let level = 0;
  for (const heading of all('h1,h2,h3,h4')) {
    const now = Number(heading.tagName[1]);
    if (now > level + 1) found.push('a heading skips a level: ' + heading.textContent);
    level = now;
  }
  for (const th of all('th')) if (!th.scope) found.push('a header cell without scope: ' + th.textContent);
  for (const region of all('[role=region]')) if (!region.getAttribute('aria-label') || region.tabIndex !== 0) found.push('a region that cannot be reached');
  for (const link of all('a')) if (!link.textContent.trim()) found.push('a link without words');
  const luminance = (rgb) => rgb.map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (element) => { for (let at = element; at; at = at.parentElement) { const [r, g, b, a = 1] = rgb(getComputedStyle(at).backgroundColor); if (a > 0) return [r, g, b]; } return [255, 255, 255]; };
  for (const element of all('main *')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
    const [light, dark] = [luminance(rgb(getComputedStyle(element).color).slice(0, 3)), luminance(behind(element))].sort((a, b) => b - a);
    if ((light + 0.05) / (dark + 0.05) < 4.5) found.push('too little contrast: ' + element.textContent.slice(0, 40));
  }
  return found;
})()`;

describe('the page of a certificate, in a browser', () => {
  it.each(['certificate', 'status page'])('the %s runs and loads nothing, is well formed for everybody, and fits a telephone', async (which) => {
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(which === 'certificate' ? url : statusUrl);
      expect(await page.evaluate(STUMBLES)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);
    }
    expect(complaints).toEqual([]);
    expect(await page.evaluate("performance.getEntriesByType('resource').length")).toBe(0);
  });

  it.each(['certificate', 'status page'])('from the %s the signed file is saved by keyboard alone, and verifies', async (which) => {
    await page.goto(which === 'certificate' ? url : statusUrl);
    await page.keyboard.press('Tab'); // the table, which may be wider than the screen
    expect(await page.evaluate("document.activeElement.getAttribute('role')")).toBe('region');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Save the signed certificate');
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe('solid');
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    expect(download.suggestedFilename()).toMatch(/^certificate-[0-9a-f-]{36}\.json$/);
    const saved: unknown = JSON.parse(await readFile(await download.path(), 'utf8'));
    expect(verifyCertificate(saved)).toMatchObject({ ok: true, kind: 'erasure' });
  });

  it('is printed on A4 with all that proves it, and without what only a screen can do', async () => {
    await page.goto(url);
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('link', { name: 'Save the signed certificate' }).isVisible()).toBe(false);
    for (const words of ['Certificate of erasure', 'tax law, 8 years', 'heed/dsar/ajuni+', 'heed certificate verify']) expect(await page.getByText(words).first().isVisible()).toBe(true);
    expect(await page.evaluate("[...document.querySelectorAll('.wide')].every((wide) => wide.scrollWidth <= wide.clientWidth)"), 'no column is cut').toBe(true);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    expect(pdf).toMatch(/\/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeLessThanOrEqual(3);
  });
});
