import { Refused, Unavailable, type Heed, type Subject } from '@heed/sdk';

/** Sends a newsletter to whoever may get it, and says to whom it went. */
export async function newsletter(heed: Heed, readers: readonly string[], send: (address: string) => Promise<void>): Promise<readonly string[]> {
  const sent: string[] = [];
  for (const value of readers) {
    // From memory: a million of these take a second.
    if (!heed.may({ identifiers: [{ type: 'email', value }] }, 'marketing_email').allowed) continue;
    await send(value);
    sent.push(value);
  }
  return sent;
}

/** Tells Heed that somebody unsubscribed. Under one id it counts once, so that trying again does no harm. */
export async function unsubscribe(heed: Heed, subject: Subject, id: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await heed.publish({ type: 'consent_withdrawn', id, data: { subject, purposes: ['marketing_email'] } });
      return;
    } catch (error) {
      if (!(error instanceof Unavailable) || tries === 5) throw error;
    }
  }
}

/** Takes a yes, over HTTP where the answer is wanted at once. @returns the promise that forbids it, where one does */
export async function agree(heed: Heed, subject: Subject, purpose: string): Promise<string | undefined> {
  try {
    await heed.publish({ type: 'consent_given', data: { subject, decisions: [{ purpose, decision: 'given' }] } }, { via: 'http' });
    return undefined;
  } catch (error) {
    if (error instanceof Refused && error.promise) return error.promise;
    throw error;
  }
}
