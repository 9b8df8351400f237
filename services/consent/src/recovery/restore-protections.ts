import type { Lost } from '@heed/recovery';
import type { Tx } from '@heed/persistence';
import { ageLimits } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { z } from 'zod';

const suspected = z.object({ reason: z.enum(['age_stated', 'child_signal']), channel: z.string() });
const resolved = z.object({ outcome: z.enum(['adult', 'child', 'parental_consent']), by: z.string() });
const configured = z.object({ domain: z.string(), partner: z.string(), analytics: z.boolean(), by: z.string() });

interface LostCase {
  readonly ref: string;
  readonly standing: 'stated' | 'suspected' | 'verified';
  readonly at_least: number | null;
  readonly opened_at: string | null;
  readonly reason: string | null;
  readonly channel: string | null;
  readonly resolved_at: string | null;
  readonly resolved_by: string | null;
  readonly outcome: string | null;
}

/**
 * Who is a child, or may be one, as the ledger tells: a copy that was put back must follow nobody whom it had come to leave
 * alone. The ledger has no ages, so the strictest is taken, and how a parent agreed has to be shown again.
 * @returns how many people
 */
export async function restoreAges(tx: Tx, { records }: Lost, policies: PolicyStore): Promise<number> {
  await tx.query('DELETE FROM person_age WHERE ref IN (SELECT ref FROM subject WHERE erased_at IS NOT NULL)');
  if (!records.some(({ kind }) => kind.startsWith('child.'))) return 0;
  const limits = ageLimits((await policies.current(tx)).pack);
  const cases = new Map<string, LostCase>();
  for (const { kind, ref, at, data } of records) {
    if (ref === undefined) continue;
    const [opens, ends] = [kind === 'child.suspected' && suspected.safeParse(data), kind === 'child.resolved' && resolved.safeParse(data)];
    if (opens && opens.success) {
      const stated = opens.data.reason === 'age_stated';
      cases.set(ref, { ref, standing: stated ? 'stated' : 'suspected', at_least: stated ? 0 : null, opened_at: at, ...opens.data, resolved_at: null, resolved_by: null, outcome: null });
    }
    if (ends && ends.success) {
      const { outcome, by } = ends.data;
      const before = cases.get(ref);
      const known = { reason: before?.reason ?? null, channel: before?.channel ?? null, opened_at: before?.opened_at ?? null };
      cases.set(ref, { ref, ...known, standing: 'verified', at_least: outcome === 'adult' ? (limits.at(-1) ?? 0) : 0, resolved_at: at, resolved_by: by, outcome });
    }
  }
  await tx.query(
    `INSERT INTO person_age AS a (ref, standing, at_least, opened_at, reason, channel, resolved_at, resolved_by, outcome)
     SELECT c.ref, c.standing, c.at_least, coalesce(c.opened_at, c.resolved_at), coalesce(c.reason, 'age_stated'), coalesce(c.channel, 'recovered'), c.resolved_at, c.resolved_by, c.outcome
       FROM jsonb_to_recordset($1::jsonb) AS c(ref text, standing text, at_least smallint, opened_at timestamptz, reason text, channel text,
            resolved_at timestamptz, resolved_by text, outcome text) JOIN subject s ON s.ref = c.ref
     ON CONFLICT (ref) DO UPDATE SET standing = excluded.standing, at_least = excluded.at_least, believed_from = NULL, parental = NULL, opened_at = coalesce(a.opened_at, excluded.opened_at),
       reason = coalesce(a.reason, excluded.reason), resolved_at = excluded.resolved_at, resolved_by = excluded.resolved_by, outcome = excluded.outcome`,
    [JSON.stringify([...cases.values()])],
  );
  await tx.query('DELETE FROM person_age a USING subject s WHERE s.ref = a.ref AND s.erased_at IS NOT NULL');
  return cases.size;
}

/** The branded domains as they were configured last. @returns how many */
export async function restoreCookieDomains(tx: Tx, { records }: Lost): Promise<number> {
  const domains = new Map<string, object>();
  for (const { kind, at, data } of records) {
    const one = kind === 'cookie_domain.configured' ? configured.safeParse(data) : undefined;
    if (one?.success) domains.set(one.data.domain, { ...one.data, at });
  }
  await tx.query(
    `INSERT INTO cookie_domain (domain, partner, analytics, updated_at, updated_by)
     SELECT domain, partner, analytics, at, by FROM jsonb_to_recordset($1::jsonb) AS d(domain text, partner text, analytics boolean, at timestamptz, by text)
     ON CONFLICT (domain) DO UPDATE SET partner = excluded.partner, analytics = excluded.analytics, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
    [JSON.stringify([...domains.values()])],
  );
  return domains.size;
}
