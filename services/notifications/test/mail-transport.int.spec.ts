import { trustAuthorities } from '@heed/config';
import { loadSamplePack } from '@heed/policy';
import type { SampleTenant } from '@heed/policy';
import { makeTestAuthority } from '@heed/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureVersion } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalOf } from '../src/message/domain/delivery.js';
import { mailServer } from '../src/message/mail-server.js';
import { Mailer } from '../src/message/mailer.js';

let dir: string;
let pair: { cert: Buffer; key: Buffer };
const ends: (() => void)[] = [];
const mail = { from: { name: 'Ajuni', address: 'privacy@ajuni.example' }, replyTo: 'dpo@ajuni.example', subject: 'Your request', text: 'It is done.', html: '<p>It is done.</p>' };

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-smtp-tls-'));
  const authority = await makeTestAuthority(dir);
  const { certFile, keyFile } = await authority.issue({ name: 'relay', hosts: ['localhost'] });
  pair = { cert: await readFile(certFile), key: await readFile(keyFile) };
  trustAuthorities({ HEED_TLS_MIN: '1.2', HEED_CA_FILE: authority.caFile });
});
afterAll(async () => {
  for (const end of ends) end();
  await rm(dir, { recursive: true, force: true });
});

/** A mail server; `said` is what it was told to deliver. */
async function serve(options: SMTPServerOptions): Promise<{ port: number; said: string[] }> {
  const said: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    ...options,
    onRcptTo: ({ address }, _, done) => {
      said.push(address);
      done();
    },
    onData: (stream, _, done) => {
      stream.resume();
      stream.on('end', () => done());
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  ends.push(() => server.close());
  return { port: (server.server.address() as AddressInfo).port, said };
}

/** Sends one mail under a tenant's policy where the operator allows TLS 1.2: `sent`, or the reason that the message's row keeps. */
async function send(url: string, tenant: SampleTenant, SMTP_TLS?: 'off' | 'starttls' | 'implicit'): Promise<string> {
  const mailer = new Mailer(mailServer({ SMTP_URL: url, SMTP_TLS, HEED_TLS_MIN: '1.2' }));
  try {
    await mailer.send('1', 'person@people.example', mail, loadSamplePack(tenant).security.tlsMin.value);
    return 'sent';
  } catch (error) {
    const refusal = refusalOf(error);
    expect(refusal.permanent).toBe(false); // the operator's to mend: the mail waits
    return refusal.reason;
  } finally {
    mailer.onApplicationShutdown();
  }
}

const only = (version: SecureVersion): SMTPServerOptions => ({ ...pair, minVersion: version, maxVersion: version });

describe('mail', () => {
  it.each(['starttls', 'implicit'] as const)('AJU-46: under Ajuni’s policy is handed over with TLS 1.3 and not with 1.2 (%s)', async (tls) => {
    const [old, modern] = [await serve({ ...only('TLSv1.2'), secure: tls === 'implicit' }), await serve({ ...only('TLSv1.3'), secure: tls === 'implicit' })];
    const scheme = tls === 'implicit' ? 'smtps' : 'smtp';
    expect(await send(`${scheme}://localhost:${old.port}`, 'ajuni', tls)).toBe('smtp_tls_refused');
    expect(old.said).toEqual([]);
    expect(await send(`${scheme}://localhost:${modern.port}`, 'ajuni', tls)).toBe('sent');
  });

  it('AUR-15: under Aurigen’s policy may be handed over with TLS 1.2, by the same service', async () => {
    const old = await serve(only('TLSv1.2'));
    expect(await send(`smtp://localhost:${old.port}`, 'aurigen', 'starttls')).toBe('sent');
    expect(old.said).toEqual(['person@people.example']);
  });

  it('ASK-18: under Askasia’s policy is handed over encrypted, and not with anything older than TLS 1.2', async () => {
    expect(loadSamplePack('askasia').security.tlsMin.value).toBe('1.2');
    const ancient = await serve({ ...only('TLSv1.1'), ciphers: 'DEFAULT@SECLEVEL=0' });
    expect(await send(`smtp://localhost:${ancient.port}`, 'askasia', 'starttls')).toBe('smtp_tls_refused');
    expect(ancient.said).toEqual([]);
    const encrypted: boolean[] = [];
    const old = await serve({ ...only('TLSv1.2'), onMailFrom: (_, session, done) => void (encrypted.push(session.secure), done()) });
    expect(await send(`smtp://localhost:${old.port}`, 'askasia', 'starttls')).toBe('sent');
    expect(encrypted).toEqual([true]);
  });

  it('AHU-07: under AhuraSense’s policy is encrypted in transit from its first byte where TLS is implicit', async () => {
    const floor = loadSamplePack('ahurasense').security.tlsMin.value;
    const server = await serve({ ...only(`TLSv${floor}`), secure: true });
    expect(await send(`smtps://localhost:${server.port}`, 'ahurasense')).toBe('sent');
    const plain = await serve({ disabledCommands: ['STARTTLS'] });
    expect(await send(`smtps://localhost:${plain.port}`, 'ahurasense')).toBe('smtp_tls_refused');
    expect(plain.said).toEqual([]);
  });

  it('is not handed over to a server of an unknown authority or another name', async () => {
    const stranger = await (await makeTestAuthority(join(dir, 'strange'))).issue({ name: 'stranger' });
    const unknown = await serve({ cert: await readFile(stranger.certFile), key: await readFile(stranger.keyFile) });
    expect(await send(`smtp://localhost:${unknown.port}`, 'aurigen', 'starttls')).toBe('smtp_tls_refused');
    const misnamed = await serve({ ...pair });
    expect(await send(`smtp://127.0.0.1:${misnamed.port}`, 'aurigen', 'starttls')).toBe('smtp_tls_refused');
    expect([...unknown.said, ...misnamed.said]).toEqual([]);
  });

  it('is never sent in plain text where STARTTLS is required: not when the offer is gone, not when it is refused', async () => {
    const silent = await serve({ disabledCommands: ['STARTTLS'] });
    expect(await send(`smtp://localhost:${silent.port}`, 'aurigen', 'starttls')).not.toBe('sent');
    expect(silent.said).toEqual([]);
    const heard: string[] = [];
    const between = await manInTheMiddle(heard);
    expect(await send(`smtp://login:secret@localhost:${between}`, 'aurigen', 'starttls')).toBe('smtp_tls_refused');
    expect(heard.join('')).toMatch(/^EHLO/);
    expect(heard.join('')).not.toMatch(/AUTH|MAIL FROM|RCPT/);
  });
});

/** Takes STARTTLS out of the server's offer and answers it with an error. */
async function manInTheMiddle(heard: string[]): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 relay\r\n');
    socket.on('data', (data) => {
      heard.push(data.toString());
      socket.write(/^EHLO/.test(data.toString()) ? '250-relay\r\n250 AUTH PLAIN LOGIN\r\n' : '454 TLS not available\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  ends.push(() => server.close());
  return (server.address() as AddressInfo).port;
}
