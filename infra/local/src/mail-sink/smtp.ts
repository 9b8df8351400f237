import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import type { MailStore } from './mail-store.js';

/**
 * Takes mail for everybody, with two exceptions that make failures easy to see: a recipient at `bounce.invalid` is
 * refused for good (550), one at `later.invalid` for now (451).
 */
export function makeSmtpServer(store: MailStore, now: () => Date): SMTPServer {
  return new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    logger: false,
    size: 10 << 20,
    onRcptTo: (address, _session, callback) => callback(refusalOf(address.address)),
    onData: (stream, session, callback) => {
      const { mailFrom, rcptTo } = session.envelope;
      const envelope = { from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map((recipient) => recipient.address) };
      buffer(stream)
        .then((raw) => store.add(raw, envelope, now()))
        .then(
          (mail) => callback(null, `Kept as ${mail.id}`),
          () => callback(reply(451, 'The message could not be kept')),
        );
    },
  });
}

function refusalOf(address: string): Error | null {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  if (domain === 'bounce.invalid') return reply(550, 'No such mailbox');
  if (domain === 'later.invalid') return reply(451, 'Mailbox busy, try later');
  return null;
}

function reply(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
