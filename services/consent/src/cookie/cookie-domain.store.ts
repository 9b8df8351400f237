import type { Tx } from '@heed/persistence';

export interface CookieDomain {
  readonly domain: string;
  /** Who runs the site, and asks there. */
  readonly partner: string;
  /** Analytics is set up for it. */
  readonly analytics: boolean;
  readonly updatedAt: Date;
}

const SELECT = 'SELECT domain, partner, analytics, updated_at AS "updatedAt" FROM cookie_domain';

export async function cookieDomains(tx: Tx, domains: readonly string[]): Promise<ReadonlyMap<string, CookieDomain>> {
  const rows = await tx.query<CookieDomain>(`${SELECT} WHERE domain = ANY($1)`, [[...new Set(domains)]]);
  return new Map(rows.map((row) => [row.domain, row]));
}

/** @param after the last one of the page before */
export const listCookieDomains = (tx: Tx, after: string, limit: number): Promise<readonly CookieDomain[]> =>
  tx.query<CookieDomain>(`${SELECT} WHERE domain > $1 ORDER BY domain LIMIT $2`, [after, limit]);

export async function putCookieDomain(tx: Tx, { domain, partner, analytics }: Omit<CookieDomain, 'updatedAt'>, by: string): Promise<void> {
  await tx.query(
    `INSERT INTO cookie_domain (domain, partner, analytics, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (domain) DO UPDATE SET partner = excluded.partner, analytics = excluded.analytics, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
    [domain, partner, analytics, tx.clock.now(), by],
  );
  tx.record({ kind: 'cookie_domain.configured', data: { domain, partner, analytics, by } });
}
