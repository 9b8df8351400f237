import type { LinkBody } from '@heed/contracts-consent';
import { hashOfPageToken, newPageToken } from '@heed/http';
import { refused } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf, purposeOf } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { keepLinks } from './link.store.js';

/**
 * An unsubscribe link must work in a mail that somebody finds a year later; it can do no more than end marketing. A
 * preferences link shows what a person decided, so that it lives for days.
 */
const LIVES = { unsubscribe: { usually: 'P1Y', atMost: 'P2Y' }, preferences: { usually: 'P30D', atMost: 'P90D' } } as const;

export type WantedLink = LinkBody & { readonly ref: string };

export interface MadeLink {
  readonly url: string;
  readonly expiresAt: Date;
}

/** Makes links that open a page for one person without a login. */
export class MakeLinks {
  constructor(
    private readonly policies: PolicyStore,
    private readonly origin: string,
  ) {}

  /**
   * In the order asked; null where the person is unknown or was erased.
   * @throws HeedError `purpose_unknown`, `link_expiry_out_of_range`
   */
  async make(tx: Tx, wanted: readonly WantedLink[]): Promise<readonly (MadeLink | null)[]> {
    const { pack } = await this.policies.current(tx);
    // Their rows are held until the commit: who is being forgotten gets no link that outlives it.
    const rows = await tx.query<{ ref: string }>('SELECT ref FROM subject WHERE ref = ANY($1) AND erased_at IS NULL ORDER BY ref FOR KEY SHARE', [
      [...new Set(wanted.map((link) => link.ref))],
    ]);
    const known = new Set(rows.map((row) => row.ref));
    const made = wanted.map((link) => {
      if (!known.has(link.ref)) return null;
      const token = newPageToken(tx.tenant);
      return { token, link, hash: hashOfPageToken(token), expiresAt: expiryOf(pack, link, tx.clock.now()) };
    });
    await keepLinks(
      tx,
      made.flatMap((one) =>
        one ? [{ hash: one.hash, kind: one.link.kind, ref: one.link.ref, purpose: one.link.purpose ?? null, jurisdiction: one.link.jurisdiction ?? null, expiresAt: one.expiresAt }] : [],
      ),
    );
    return made.map((one) => one && { url: `${this.origin.replace(/\/$/, '')}/u/${one.token}`, expiresAt: one.expiresAt });
  }
}

function expiryOf(pack: PolicyPack, { kind, purpose, expires }: WantedLink, now: Date): Date {
  if (purpose !== undefined && !purposeOf(pack, purpose)) throw refused('purpose_unknown', `The policy has no purpose ${purpose}; see GET /v1/purposes.`);
  const { usually, atMost } = LIVES[kind];
  const at = addDuration(now, expires ?? usually, calendarOf(pack));
  if (at <= now || at > addDuration(now, atMost, calendarOf(pack))) {
    throw refused('link_expiry_out_of_range', `A link of kind ${kind} opens for ${atMost} at most.`);
  }
  return at;
}
