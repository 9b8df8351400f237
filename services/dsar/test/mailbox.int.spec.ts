import { trustAuthorities } from '@heed/config';
import { UnitOfWork } from '@heed/persistence';
import { Dovecot, eventually, makeTestAuthority } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { forgetHandedMails } from '../src/mailbox/handed-mail.js';
import { DsarUnderTest } from './dsar-under-test.js';

let dovecot: Dovecot;
let system: DsarUnderTest;

beforeAll(async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'heed-mailbox-'));
  const authority = await makeTestAuthority(dir);
  const former = tls.DEFAULT_MIN_VERSION;
  trustAuthorities({ HEED_TLS_MIN: '1.3', HEED_CA_FILE: authority.caFile });
  dovecot = await Dovecot.start(await authority.issue({ name: 'imap' }));
  await dovecot.deliver({ from: 'long-ago@example.com', subject: 'unsubscribe' });
  const file = path.join(dir, 'mailboxes.json');
  await writeFile(file, JSON.stringify({ ajuni: { url: `imaps://privacy%40ajuni.example@localhost:${dovecot.imap}`, password: 'mailbox-secret' } }), { mode: 0o600 });
  system = await DsarUnderTest.start(['ajuni'], { DSAR_MAILBOXES: file, DSAR_MAILBOX_EVERY_MS: '200' });
  await system.prepare('ajuni');
  await eventually(async () => expect(await system.dsar.sql('SELECT 1 FROM t_ajuni.mailbox_position')).toHaveLength(1), { timeoutMs: 20_000 });
  return async () => {
    await system.stop();
    await dovecot.stop();
    await rm(dir, { recursive: true });
    tls.DEFAULT_MIN_VERSION = former;
  };
});

const address = (): string => `${randomUUID()}@example.com`;
/** What dsar handed over of one person, as consent reads it. */
async function handedOver(email: string): Promise<readonly Record<string, unknown>[]> {
  const ref = system.consent.refOf(email);
  return system.bus.seen('heed.dsar.withdrawal_received.v1').map((event) => event.data).filter((data) => data['ref'] === ref);
}
/** Everything that came before it was read as well. */
async function readUpToHere(): Promise<void> {
  const last = address();
  await dovecot.deliver({ from: last, subject: 'unsubscribe' });
  await eventually(async () => expect(await handedOver(last)).toHaveLength(1), { timeoutMs: 20_000 });
}

describe('the mailbox of the privacy address', () => {
  it('AJU-17: a mail that asks out of marketing is handed over to consent, once, as a withdrawal of marketing', async () => {
    const ada = address();
    await dovecot.deliver({ from: `Ada <${ada.toUpperCase()}>`, subject: 'Newsletter', text: 'Please unsubscribe me.\nThanks, Ada' });
    await readUpToHere();
    expect(await handedOver(ada)).toMatchObject([{ scope: 'marketing', aliases: [] }]);
  });

  it('a mail that takes consent back takes all of it back, in HTML and in Hindi alike', async () => {
    const [first, second] = [address(), address()];
    await dovecot.deliver({ from: first, subject: 'My data', html: '<p>I hereby <b>withdraw</b> my <i>consent</i>.</p>' });
    await dovecot.deliver({ from: second, subject: 'सहमति', text: 'मैं अपनी सहमति वापस लेती हूँ।' });
    await readUpToHere();
    expect(await handedOver(first)).toMatchObject([{ scope: 'all' }]);
    expect(await handedOver(second)).toMatchObject([{ scope: 'all' }]);
  });

  it('is left as it is by reading: whoever works in it finds every mail unseen', async () => {
    const ada = address();
    await dovecot.deliver({ from: ada, subject: 'Which data do you hold about me?', text: 'Kind regards' });
    await readUpToHere();
    expect(await handedOver(ada)).toEqual([]);
    expect(await dovecot.flags()).toEqual([]);
  });

  it('is read from where Heed came to it: who wrote before that is not withdrawn years later', async () => {
    await readUpToHere();
    expect(system.consent.refOf('long-ago@example.com')).toBeUndefined();
  });

  it('a mail that comes twice is one withdrawal, and one of 30 MB is read like any other', async () => {
    const [twice, large] = [address(), address()];
    const messageId = `<${randomUUID()}@example.com>`;
    for (let i = 0; i < 2; i += 1) await dovecot.deliver({ from: twice, subject: 'unsubscribe', messageId });
    await dovecot.deliver({ from: large, subject: 'unsubscribe', text: 'see attached', attachments: [{ filename: 'letter.bin', content: Buffer.alloc(22 << 20, 7) }] });
    await readUpToHere();
    expect(await handedOver(twice)).toHaveLength(1);
    expect(await handedOver(large)).toHaveLength(1);
  });

  it('a sender whom nobody can be found by holds up no mail behind it', async () => {
    await dovecot.deliver({ from: `${'a'.repeat(60)}@${'b.'.repeat(150)}example`, subject: 'unsubscribe' });
    await dovecot.deliver({ from: 'nobody@localhost', subject: 'unsubscribe' });
    await readUpToHere();
  });

  it('a mail that arrives while consent is away, or before the mail server was back, is handed over when they are', async () => {
    const ada = address();
    await system.consent.goAway();
    await dovecot.deliver({ from: ada, subject: 'unsubscribe' });
    await dovecot.down();
    await system.consent.comeBack();
    await dovecot.up();
    await eventually(async () => expect(await handedOver(ada)).toHaveLength(1), { timeoutMs: 30_000 });
  });

  it('nobody’s address stands in what was handed over, in the tables or on the bus', async () => {
    const ada = address();
    await dovecot.deliver({ from: ada, subject: 'unsubscribe' });
    await eventually(async () => expect(await handedOver(ada)).toHaveLength(1), { timeoutMs: 20_000 });
    expect(JSON.stringify(system.bus.seen('heed.dsar.withdrawal_received.v1'))).not.toContain('example.com');
    const rows = await system.dsar.sql<{ text: string }>(`SELECT (SELECT jsonb_agg(h) FROM t_ajuni.handed_mail h)::text || (SELECT jsonb_agg(l) FROM t_ajuni.ledger_entry l)::text AS text`);
    expect(rows[0]?.text).not.toContain(ada);
  });

  it('numbered anew after more than a year, hands no mail over once more, though what was handed over is forgotten by then', async () => {
    const ada = address();
    await dovecot.deliver({ from: ada, subject: 'unsubscribe' });
    await eventually(async () => expect(await handedOver(ada)).toHaveLength(1), { timeoutMs: 20_000 });
    const unitOfWork = system.dsar.service.app.get(UnitOfWork, { strict: false });
    const left = async (): Promise<unknown> => {
      await forgetHandedMails({ listTenants: () => Promise.resolve([{ id: 'ajuni' }]) }, unitOfWork);
      return (await system.dsar.sql<{ n: number }>('SELECT count(*)::int AS n FROM t_ajuni.handed_mail'))[0]?.n;
    };
    expect(await left()).toBeGreaterThan(0);
    system.clock.advance({ days: 410 });
    expect(await left()).toBe(0);
    const position = async () => (await system.dsar.sql<{ uid_validity: string; last_uid: string }>('SELECT uid_validity, last_uid FROM t_ajuni.mailbox_position'))[0];
    const before = await position();
    await system.dsar.sql('UPDATE t_ajuni.mailbox_position SET uid_validity = 1');
    await eventually(async () => expect(await position()).toEqual(before), { timeoutMs: 20_000 }); // read to its end once more
    expect(await left()).toBe(0);
    expect(await handedOver(ada)).toHaveLength(1);
  });
});
