import { until } from './follow.js';

export interface Mail {
  readonly id: string;
  readonly receivedAt: string;
  readonly subject: string;
  readonly text: string;
}

/** The mail sink's inbox of one address. */
export class Mailbox {
  constructor(
    private readonly sink: string,
    private readonly address: string,
  ) {}

  async mails(): Promise<Mail[]> {
    const answer = await fetch(`${this.sink}/messages?to=${encodeURIComponent(this.address)}&limit=500`);
    return ((await answer.json()) as { items: Mail[] }).items;
  }

  /** The newest mail beyond those that were there before. */
  async next(before: number): Promise<Mail> {
    return until(`a mail to ${this.address}`, async () => {
      const mails = await this.mails();
      return mails.length > before ? mails[0] : undefined;
    });
  }
}
