import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTransport } from 'nodemailer';
import { eventually } from './eventually.js';
import type { IssuedCertificate } from './test-certificates.js';

/**
 * A real mailbox: mail comes in by LMTP, as a mail server delivers it, and goes out by IMAP, over TLS where there is a certificate.
 * Whoever logs in with the password `mailbox-secret` is who they say.
 * @example const dovecot = await Dovecot.start(); await dovecot.deliver({ from: 'ada@example.com', subject: 'unsubscribe' });
 */
export class Dovecot {
  private process: ChildProcess | undefined;

  private constructor(
    readonly dir: string,
    readonly imap: number,
    readonly lmtp: number,
  ) {}

  static async start(certificate?: IssuedCertificate): Promise<Dovecot> {
    const dir = await mkdtemp(path.join(tmpdir(), 'heed-dovecot-'));
    await chmod(dir, 0o755);
    await mkdir(path.join(dir, 'mail'));
    await chmod(path.join(dir, 'mail'), 0o777);
    const [imap, lmtp] = [await freePort(), await freePort()];
    const dovecot = new Dovecot(dir, imap, lmtp);
    await writeFile(path.join(dir, 'dovecot.conf'), configuration(dir, imap, lmtp, certificate));
    await dovecot.up();
    return dovecot;
  }

  async up(): Promise<void> {
    this.process = spawn('/usr/sbin/dovecot', ['-F', '-c', path.join(this.dir, 'dovecot.conf')], { stdio: 'ignore' });
    await eventually(async () => {
      if (this.process?.exitCode !== null) throw new Error(`dovecot ended: ${await readFile(path.join(this.dir, 'log'), 'utf8').catch(() => '')}`);
      await this.deliver({ from: 'start@example.com', subject: 'is it there?', text: 'It is.' });
    }, { timeoutMs: 20_000 });
  }

  async down(): Promise<void> {
    const { process: child } = this;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
  }

  async stop(): Promise<void> {
    await this.down();
    await rm(this.dir, { recursive: true });
  }

  /** How mails were marked: a letter each, none where nobody looked. */
  async flags(): Promise<readonly string[]> {
    const files = await readdir(path.join(this.dir, 'mail'), { recursive: true });
    return files.flatMap((file) => /:2,(\w+)/.exec(file)?.[1] ?? []);
  }

  /** A mail as somebody's mail program wrote it. */
  async deliver(mail: { from: string; subject: string; to?: string; text?: string; html?: string; messageId?: string; headers?: Record<string, string>; attachments?: { filename: string; content: Buffer }[] }): Promise<void> {
    const transport = createTransport({ host: '127.0.0.1', port: this.lmtp, lmtp: true, tls: { rejectUnauthorized: false }, ignoreTLS: true });
    await transport.sendMail({ to: 'privacy@ajuni.example', ...mail });
    transport.close();
  }
}

const configuration = (dir: string, imap: number, lmtp: number, certificate: IssuedCertificate | undefined): string => `
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = ${dir}/log
protocols = imap lmtp
mail_location = maildir:${dir}/mail/%u
first_valid_uid = 1
mail_uid = nobody
mail_gid = nogroup
disable_plaintext_auth = no
${certificate ? `ssl = required\nssl_cert = <${certificate.certFile}\nssl_key = <${certificate.keyFile}\nssl_min_protocol = TLSv1.2` : 'ssl = no'}
passdb {
  driver = static
  args = password=mailbox-secret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${dir}/mail/%u
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = ${certificate ? 0 : imap}
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = ${certificate ? imap : 0}
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${lmtp}
  }
}
`;

function freePort(): Promise<number> {
  return new Promise((found, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => found(port));
    });
  });
}
