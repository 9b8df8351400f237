import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { expect, it } from 'vitest';
import { freshDatabase } from './fresh-database.js';
import { testServers } from './test-servers.js';

it('gives every spec a database of its own on a real PostgreSQL 18', async () => {
  const [one, two] = await Promise.all([freshDatabase(), freshDatabase()]);
  expect(one.name).not.toBe(two.name);
  const client = new pg.Client({ connectionString: one.url });
  await client.connect();
  const { rows } = await client.query<{ name: string; version: number }>(
    `SELECT current_database() AS name, current_setting('server_version_num')::int / 10000 AS version`,
  );
  await client.end();
  expect(rows).toEqual([{ name: one.name, version: 18 }]);
  await Promise.all([one.drop(), two.drop()]);
});

it('gives the run a real Kafka', async () => {
  const admin = new Kafka({ brokers: [testServers().brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const cluster = await admin.describeCluster();
  await admin.disconnect();
  expect(cluster.brokers).toHaveLength(1);
});
