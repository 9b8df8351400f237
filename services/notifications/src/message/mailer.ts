import type { OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import type { Mail } from './domain/templates.js';

/** Sends mail over a pool of SMTP connections. */
export class Mailer implements OnApplicationShutdown {
  private readonly pool: ReturnType<typeof makePool>;

  constructor(url: string) {
    this.pool = makePool(url);
  }

  /**
   * Resolves when the server has taken the message over (250).
   * @param messageId becomes the Message-ID, so that a message that is sent again can be known as the same
   * @throws what nodemailer throws; see `refusalOf`
   */
  async send(messageId: string, to: string, mail: Mail): Promise<void> {
    const domain = mail.from.address.slice(mail.from.address.lastIndexOf('@') + 1);
    await this.pool.sendMail({ ...mail, to, messageId: `<${messageId}@${domain}>`, headers: { 'Auto-Submitted': 'auto-generated' } });
  }

  onApplicationShutdown(): void {
    this.pool.close();
  }
}

function makePool(url: string) {
  return createTransport({
    url,
    pool: true,
    maxConnections: 5,
    maxRequeues: 0, // whether a message is sent again is decided by its row alone
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
  });
}
