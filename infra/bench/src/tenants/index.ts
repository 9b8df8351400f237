import { applyTopics, createKafka } from '@heed/kafka';
import { SERVICES } from '@heed/local';
import path from 'node:path';
import pg from 'pg';
import { visitTenants } from './backend.js';
import { benchTenants, Cell } from './cell.js';
import { filesBelow, residentBytes } from './measure.js';

const MB = 1024 * 1024;
const mb = (bytes: number): string => `${(bytes / MB).toFixed(0)} MB`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/**
 * `npm run bench tenants`: makes a cell of so many tenants with the programs that operators run, and says what it takes:
 * time, memory of a backend that has served all of them, files, topics.
 */
export async function tenantsBench(count: number, say: (line: string) => void): Promise<void> {
  const cell = await Cell.start();
  try {
    const tenants = benchTenants(count);
    const created = await cell.migrateAll(tenants);
    say(`${count} tenants in ${SERVICES.length} databases: ${seconds(created)}, ${(created / count / SERVICES.length).toFixed(0)} ms per tenant and service`);
    say(`the same jobs again, with nothing to do: ${seconds(await cell.migrateAll(tenants))}`);
    await catalogue(cell, count, say);
    await backends(cell, count, say);
    await topics(cell, tenants.map((tenant) => tenant.id), say);
  } finally {
    await cell.stop();
  }
}

async function catalogue(cell: Cell, count: number, say: (line: string) => void): Promise<void> {
  let relations = 0;
  let bytes = 0;
  for (const service of SERVICES) {
    const client = new pg.Client({ connectionString: cell.database(service).admin });
    await client.connect();
    await client.query('CHECKPOINT');
    const { rows } = await client.query<{ relations: number; bytes: string }>(
      `SELECT count(*)::int AS relations, pg_database_size(current_database()) AS bytes FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname LIKE 't\\_%' AND c.relkind IN ('r', 'i', 'S', 't')`,
    );
    await client.end();
    relations += rows[0]?.relations ?? 0;
    bytes += Number(rows[0]?.bytes ?? 0);
  }
  const files = await filesBelow(path.join(cell.dir, 'postgres'));
  say(
    `PostgreSQL: ${relations} tables and indexes (${(relations / count).toFixed(0)} a tenant), ${mb(bytes)} (${(bytes / count / 1024).toFixed(0)} kB an empty tenant), ` +
      `${files.count} files, ${mb(files.bytes)} on the disk`,
  );
}

async function backends(cell: Cell, count: number, say: (line: string) => void): Promise<void> {
  const { login, name } = cell.database('consent');
  const { growth, firstMs, againMs } = await visitTenants(login, name, benchTenants(count), [1, 10, 100, 250, 500]);
  say(`one backend of consent that served n tenants: ${growth.map((mark) => `${mark.tenants}: ${mb(mark.bytes)}`).join(', ')}`);
  say(`a read of five tables: ${firstMs.toFixed(1)} ms for a tenant that is new to the backend, ${againMs.toFixed(1)} ms for one it knows`);
}

async function topics(cell: Cell, ids: readonly string[], say: (line: string) => void): Promise<void> {
  const begin = performance.now();
  const made = await applyTopics(createKafka({ brokers: [cell.kafka.brokers], clientId: 'bench' }), ids);
  const took = performance.now() - begin;
  say(`Kafka: ${made.length} topics in ${seconds(took)}, broker ${mb(await residentBytes(cell.kafka.pid))}`);
  const restarting = performance.now();
  const back = await cell.kafka.restart().then(
    (kafka) => {
      cell.kafka = kafka;
      return 'back';
    },
    () => 'not back',
  );
  const after = performance.now() - restarting;
  const files = await filesBelow(path.join(cell.dir, 'kafka')); // written in the background, so they are counted last
  say(`Kafka, stopped and started again with these topics: ${back} after ${seconds(after)}; ${files.count} files, ${mb(files.bytes)} on the disk`);
}
