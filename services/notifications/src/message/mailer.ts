import { secureVersion, strictest } from '@heed/config';
import type { TlsVersion } from '@heed/config';
import type { OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import type { MailServer } from './mail-server.js';
import type { Mail } from './domain/templates.js';

/** Sends mail over pools of SMTP connections: one for each TLS version that policies ask for, so that none rides on an older one. */
export class Mailer implements OnApplicationShutdown {
  private readonly pools = new Map<TlsVersion, ReturnType<typeof makePool>>();

  constructor(private readonly server: MailServer) {}

  /**
   * Resolves when the server has taken the message over (250).
   * @param messageId becomes the Message-ID, so that a message that is sent again can be known as the same
   * @param promised the oldest TLS version that the sender's policy allows
   * @throws what nodemailer throws; see `refusalOf`
   */
  async send(messageId: string, to: string, mail: Mail, promised: TlsVersion): Promise<void> {
    const domain = mail.from.address.slice(mail.from.address.lastIndexOf('@') + 1);
    const pool = this.poolFor(strictest(this.server.tlsMin, promised));
    await pool.sendMail({ ...mail, to, messageId: `<${messageId}@${domain}>`, headers: { 'Auto-Submitted': 'auto-generated' } });
  }

  onApplicationShutdown(): void {
    for (const pool of this.pools.values()) pool.close();
  }

  private poolFor(version: TlsVersion): ReturnType<typeof makePool> {
    let pool = this.pools.get(version);
    if (!pool) this.pools.set(version, (pool = makePool(this.server, version)));
    return pool;
  }
}

function makePool(server: MailServer, version: TlsVersion) {
  return createTransport({
    host: server.host,
    port: server.port,
    ...(server.login ? { auth: server.login } : {}),
    secure: server.tls === 'implicit',
    requireTLS: server.tls === 'starttls',
    ignoreTLS: server.tls === 'off',
    tls: { minVersion: secureVersion(version), rejectUnauthorized: true },
    pool: true,
    maxConnections: 5,
    maxRequeues: 0, // whether a message is sent again is decided by its row alone
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
  });
}
