import type { Tx } from '@heed/persistence';
import { effectiveTime } from '../consent-record/decision.js';
import type { Visit } from './visit.js';

export interface VisitCount {
  readonly day: string;
  readonly domain: string;
  readonly path: string;
  readonly region: string;
  readonly visits: number;
}

/** Adds to the counts of a day, in one order for everybody. */
export async function countVisits(tx: Tx, visits: readonly Visit[]): Promise<void> {
  if (visits.length === 0) return;
  await tx.query(
    `INSERT INTO visit_count AS c (day, domain, path, region, visits)
     SELECT day, domain, path, region, count(*) FROM unnest($1::date[], $2::text[], $3::text[], $4::text[]) AS v(day, domain, path, region)
      GROUP BY day, domain, path, region ORDER BY day, domain, path, region
     ON CONFLICT (day, domain, path, region) DO UPDATE SET visits = c.visits + excluded.visits`,
    [
      visits.map(({ occurredAt }) => effectiveTime(occurredAt, tx.clock.now()).toISOString().slice(0, 10)),
      visits.map((visit) => visit.domain),
      visits.map((visit) => visit.path),
      visits.map((visit) => visit.region ?? ''),
    ],
  );
}

/** @param after day, domain, path and region of the last one of the page before */
export const listCounts = (tx: Tx, day: string, after: readonly string[], limit: number): Promise<readonly VisitCount[]> =>
  tx.query<VisitCount>(
    `SELECT day::text, domain, path, region, visits::float8 AS visits FROM visit_count
      WHERE day = $1::date AND (domain, path, region) > ($2, $3, $4) ORDER BY domain, path, region LIMIT $5`,
    [day, after[0] ?? '', after[1] ?? '', after[2] ?? '', limit],
  );
