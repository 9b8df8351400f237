import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../process/ports.js';
import { makeMailPages } from './http.js';
import { MailStore, type StoredMail } from './mail-store.js';
import { makeSmtpServer } from './smtp.js';

let dir: string;
let pages: Server;
let url: string;
let send: (to: string, subject: string, text?: string) => Promise<unknown>;
let close: () => Promise<void>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-mail-'));
  const store = new MailStore(dir);
  const port = await freePort();
  const smtp = makeSmtpServer(store, () => new Date('2026-11-21T10:00:00Z'));
  await new Promise<void>((resolve) => smtp.listen(port, '127.0.0.1', () => resolve()));
  pages = makeMailPages(store).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  url = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  const transport = createTransport(`smtp://127.0.0.1:${port}`);
  const html = '<p>Grüße &amp; <script>alert(1)</script></p>';
  send = (to, subject, text = 'Grüße') => transport.sendMail({ from: 'heed@example.com', to, subject, text, html, headers: { 'List-Unsubscribe': '<https://x/u/1>' } });
  close = async () => {
    transport.close();
    pages.close();
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
  };
});
afterAll(async () => {
  await close();
  await rm(dir, { recursive: true, force: true });
});

async function mailsTo(address: string): Promise<StoredMail[]> {
  const answer = await fetch(`${url}/messages?to=${encodeURIComponent(address)}`);
  return ((await answer.json()) as { items: StoredMail[] }).items;
}

describe('the mail sink', () => {
  it('shows what was sent to an address, decoded, newest first', async () => {
    await send('Ada@Example.com', 'Erste Nachricht, über alles');
    await send('ada@example.com', 'Second');
    await send('bob@example.com', 'Other');
    const mails = await mailsTo('ada@example.com');
    expect(mails.map((mail) => mail.subject)).toEqual(['Second', 'Erste Nachricht, über alles']);
    expect(mails[0]).toMatchObject({ text: 'Grüße', headers: { 'list-unsubscribe': '<https://x/u/1>' } });
  });

  it('has everything again after a restart', async () => {
    const before = await mailsTo('ada@example.com');
    expect(new MailStore(dir).list({ to: 'ada@example.com', limit: 10 })).toEqual(before);
  });

  it('runs nothing that a mail holds', async () => {
    await send('eve@example.com', '<script>alert(1)</script>');
    const page = await (await fetch(url)).text();
    expect(page).not.toContain('<script>');
  });

  it('makes links of web addresses and of nothing else, for a narrow window too', async () => {
    await send('link@example.com', 'See', 'Look: http://127.0.0.1:4100/r/a.b-c?x=1&y=2. Not javascript:alert(1) or http://x/"onmouseover="alert(1)');
    const [mail] = await mailsTo('link@example.com');
    const page = await (await fetch(`${url}/messages/${mail?.id ?? ''}/page`)).text();
    expect(page).toContain('<a href="http://127.0.0.1:4100/r/a.b-c?x=1&#38;y=2" rel="noreferrer noopener">');
    expect([...page.matchAll(/<a href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
      'http://127.0.0.1:4100/r/a.b-c?x=1&#38;y=2', 'http://x/', '/', `/messages/${mail?.id ?? ''}/raw`,
    ]);
    expect(page).toContain('21 November 2026, 10:00:00 UTC');
    for (const one of [page, await (await fetch(url)).text()]) expect(one).toContain('name="viewport"');
  });

  it('refuses for good and for now, as mail servers do', async () => {
    await expect(send('x@bounce.invalid', 'x')).rejects.toMatchObject({ responseCode: 550 });
    await expect(send('x@later.invalid', 'x')).rejects.toMatchObject({ responseCode: 451 });
  });
});
