import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { simpleParser } from 'mailparser';
import type { ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A real mail server on a port of its own, that refuses as it is told. */
export interface SmtpPeer {
  readonly url: string;
  /** Mail taken over for an address, in order. */
  mailTo(address: string): readonly ParsedMail[];
  /** Answers RCPT TO of an address with this code from now on; undefined accepts again. */
  refuse(address: string, code: number | undefined): void;
  stop(): Promise<void>;
}

export async function startSmtpPeer(): Promise<SmtpPeer> {
  const mails: { to: string; mail: ParsedMail }[] = [];
  const refusals = new Map<string, number>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    onRcptTo: ({ address }, _, done) => {
      const responseCode = refusals.get(address);
      done(responseCode ? Object.assign(new Error(`not for ${address}`), { responseCode }) : null);
    },
    onData: (stream, session, done) => {
      buffer(stream).then(simpleParser).then(
        (mail) => {
          for (const { address } of session.envelope.rcptTo) mails.push({ to: address, mail });
          done();
        },
        (error: Error) => done(error),
      );
    },
  });
  server.on('error', () => undefined); // a client that goes away
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mailTo: (address) => mails.filter(({ to }) => to === address).map(({ mail }) => mail),
    refuse: (address, code) => void (code === undefined ? refusals.delete(address) : refusals.set(address, code)),
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
