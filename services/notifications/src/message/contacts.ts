import { contactsAnswer } from '@heed/contracts-consent';
import type { InternalClient } from '@heed/runtime';

/** Asks consent where to write to people, when a mail is sent. What it answers is held in memory alone. */
export class Contacts {
  constructor(private readonly consent: InternalClient) {}

  /** @throws HeedError kind `unavailable` while consent is away: the mail waits */
  async addresses(tenant: string, refs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (refs.length === 0) return new Map();
    const { contacts } = await this.consent.post('/internal/contacts', tenant, { refs: [...new Set(refs)] }, contactsAnswer);
    return new Map(contacts.flatMap(({ ref, email }) => (email ? [[ref, email] as const] : [])));
  }
}
