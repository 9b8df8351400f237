import type { TlsVersion } from '@heed/config';
import { ImapFlow } from 'imapflow';
import { simpleParser } from 'mailparser';
import type { Mailbox } from './mailbox-file.js';
import type { Mail } from './domain/withdrawal-mail.js';

/** Enough for what a person writes; attachments are not needed. */
const READ_BYTES = 256 * 1024;
const PATIENCE_MS = 15_000;

export interface ReceivedMail extends Mail {
  readonly uid: number;
  readonly messageId: string | undefined;
  readonly receivedAt: Date;
}

/** A mailbox that is open for reading only: nothing in it is marked, moved or deleted. */
export interface OpenMailbox {
  readonly uidValidity: bigint;
  /** The number that the next mail gets. */
  readonly uidNext: number;
  /** Numbers of the mails after one, oldest first. */
  after(uid: number): Promise<readonly number[]>;
  read(uid: number): Promise<ReceivedMail | undefined>;
}

/** Opens a mailbox for as long as `work` takes. */
export async function withMailbox<T>(mailbox: Mailbox, tlsMin: TlsVersion, work: (open: OpenMailbox) => Promise<T>): Promise<T> {
  const { host, port, user, password, tls, folder } = mailbox;
  const client = new ImapFlow({
    host, port, secure: tls === 'implicit', auth: { user, pass: password }, logger: false, disableAutoIdle: true,
    ...(tls === 'starttls' ? { doSTARTTLS: true } : tls === 'off' ? { doSTARTTLS: false } : {}),
    tls: { minVersion: `TLSv${tlsMin}` }, connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS,
  });
  client.on('error', () => undefined); // whoever waits for an answer is told
  await client.connect();
  try {
    const { uidValidity, uidNext } = await client.mailboxOpen(folder, { readOnly: true });
    return await work({ uidValidity, uidNext, after: (uid) => after(client, uid), read: (uid) => read(client, uid) });
  } finally {
    client.close();
  }
}

async function after(client: ImapFlow, uid: number): Promise<readonly number[]> {
  const found = await client.search({ uid: `${uid + 1}:*` }, { uid: true });
  // A server answers `n:*` with its last mail even where that has a lower number.
  return (found || []).filter((one) => one > uid).sort((a, b) => a - b);
}

async function read(client: ImapFlow, uid: number): Promise<ReceivedMail | undefined> {
  const fetched = await client.fetchOne(String(uid), { uid: true, internalDate: true, source: { maxLength: READ_BYTES } }, { uid: true });
  if (!fetched || !fetched.source) return undefined; // deleted meanwhile
  const parsed = await simpleParser(fetched.source);
  const headers = new Map<string, string>();
  for (const { key, line } of parsed.headerLines) if (!headers.has(key)) headers.set(key, line.slice(line.indexOf(':') + 1).trim());
  return {
    uid, headers,
    messageId: parsed.messageId,
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    from: (parsed.from?.value ?? []).flatMap(({ address }) => (address ? [address] : [])),
    receivedAt: new Date(fetched.internalDate ?? Date.now()),
  };
}
