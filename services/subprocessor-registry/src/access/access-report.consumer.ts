import { accessReported } from '@heed/contracts-access';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import type { Tx } from '@heed/persistence';
import { Controller } from '@nestjs/common';

const SEEN = `jsonb_to_recordset($1::jsonb) AS s("holderId" uuid, subject text, "applicationId" uuid, client text, "sessionId" uuid, "ownSession" boolean,
  roles text[], "firstAt" timestamptz, "lastAt" timestamptz, "expiresAt" timestamptz)`;

/** Keeps who was seen with which role, with what and since when, and what was refused. */
@Controller()
export class AccessReportConsumer {
  @Consumes('access', accessReported)
  async onReported({ tx, events }: EventBatch<typeof accessReported>): Promise<void> {
    const seen = JSON.stringify(events.flatMap(({ data }) => data.sightings));
    const refused = JSON.stringify(events.flatMap(({ data }) => data.refusals.map((refusal) => ({ ...refusal, service: data.service }))));
    await keepHolders(tx, seen);
    await keepApplications(tx, seen);
    await keepSessions(tx, seen);
    await tx.query(
      `INSERT INTO refusal (id, minute, service, route, code, holder_id, count)
       SELECT id, minute, service, route, code, "holderId", count
         FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, minute timestamptz, service text, route text, code text, "holderId" uuid, count int)
       ON CONFLICT (id) DO NOTHING`,
      [refused],
    );
  }
}

/** Rows are locked in the order of their keys, so that two batches never wait for each other. */
async function keepHolders(tx: Tx, seen: string): Promise<void> {
  await tx.query(
    `INSERT INTO role_holder AS h (holder_id, subject, role, since, last_seen)
     SELECT s."holderId", min(s.subject), role, min(s."firstAt"), max(s."lastAt") FROM ${SEEN}, unnest(s.roles) AS role GROUP BY 1, 3 ORDER BY 1, 3
     ON CONFLICT (holder_id, role) DO UPDATE SET since = LEAST(h.since, excluded.since), last_seen = GREATEST(h.last_seen, excluded.last_seen)`,
    [seen],
  );
}

async function keepApplications(tx: Tx, seen: string): Promise<void> {
  await tx.query(
    `INSERT INTO application AS a (id, client, roles, first_seen, last_seen)
     SELECT s."applicationId", min(s.client), COALESCE(array_agg(DISTINCT role) FILTER (WHERE role IS NOT NULL), '{}'), min(s."firstAt"), max(s."lastAt")
       FROM ${SEEN} LEFT JOIN LATERAL unnest(s.roles) AS role ON true GROUP BY 1 ORDER BY 1
     ON CONFLICT (id) DO UPDATE SET first_seen = LEAST(a.first_seen, excluded.first_seen), last_seen = GREATEST(a.last_seen, excluded.last_seen),
       roles = ARRAY(SELECT DISTINCT unnest(a.roles || excluded.roles) ORDER BY 1)`,
    [seen],
  );
}

async function keepSessions(tx: Tx, seen: string): Promise<void> {
  await tx.query(
    `INSERT INTO session AS o (id, holder_id, subject, application_id, client, is_own, first_seen, last_seen, expires_at)
     SELECT DISTINCT ON (s."sessionId") s."sessionId", s."holderId", s.subject, s."applicationId", s.client, s."ownSession",
            min(s."firstAt") OVER w, max(s."lastAt") OVER w, max(s."expiresAt") OVER w
       FROM ${SEEN} WINDOW w AS (PARTITION BY s."sessionId") ORDER BY s."sessionId"
     ON CONFLICT (id) DO UPDATE SET first_seen = LEAST(o.first_seen, excluded.first_seen), last_seen = GREATEST(o.last_seen, excluded.last_seen),
       expires_at = GREATEST(o.expires_at, excluded.expires_at)`,
    [seen],
  );
}
