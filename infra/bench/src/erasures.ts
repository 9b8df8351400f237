import type { Heed, Population } from '@heed/e2e';
import { eventually } from '@heed/testing';
import pg from 'pg';

export interface ErasureRate {
  readonly count: number;
  readonly perSecond: number;
  /** Per erasure and store, as PostgreSQL counted them. */
  readonly statements: Readonly<Record<string, number>>;
}

/**
 * Erasures a second over three stores: everything is approved while the agent is down, then the time runs from the
 * start of its process until the last request is closed with its certificate.
 */
export async function erasures(heed: Heed, people: Population): Promise<ErasureRate> {
  const agent = heed.system.part(`agent-${people.tenant}`);
  const requests = await people.requestErasure();
  await agent.stop();
  const sent = await commandsSent(heed, people.tenant);
  await people.approve(requests);
  await eventually(
    async () => {
      if ((await commandsSent(heed, people.tenant)) < sent + requests.length) throw new Error('commands are still on their way to Kafka');
    },
    { timeoutMs: 120_000, everyMs: 500 },
  );
  const before = await statementCounts(heed, people.tenant);
  const begin = performance.now();
  await agent.start();
  await eventually(
    async () => {
      const open = await heed.call(people.tenant, 'GET', '/v1/requests?state=in_progress&limit=1');
      return (open.body['items'] as unknown[]).length === 0;
    },
    { timeoutMs: 300_000, everyMs: 100 },
  );
  const seconds = (performance.now() - begin) / 1000;
  const after = await statementCounts(heed, people.tenant);
  const statements = Object.fromEntries(Object.entries(after).map(([store, calls]) => [store, (calls - (before[store] ?? 0)) / requests.length]));
  const left = await people.left();
  if (Object.values(left).some((rows) => rows > 0)) throw new Error(`rows are left: ${JSON.stringify(left)}`);
  return { count: requests.length, perSecond: requests.length / seconds, statements };
}

async function commandsSent(heed: Heed, tenant: string): Promise<number> {
  const admin = heed.kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(`heed.t.${tenant}.commands.v1`);
  await admin.disconnect();
  return offsets.reduce((sum, partition) => sum + Number(partition.high), 0);
}

/** Statements that the agent has run in each SQL store, by pg_stat_statements. */
async function statementCounts(heed: Heed, tenant: string): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: heed.system.context.postgresUrl });
  await client.connect();
  try {
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    const { rows } = await client.query<{ store: string; calls: string }>(
      `SELECT d.datname AS store, sum(s.calls)::text AS calls FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
        WHERE d.datname = ANY($1) GROUP BY 1`,
      [[`crm_${tenant}`, `telemetry_${tenant}`]],
    );
    return Object.fromEntries(rows.map((row) => [row.store, Number(row.calls)]));
  } finally {
    await client.end();
  }
}
