import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyAccess, applyTopics, createKafka } from '@heed/kafka';
import { startChild } from '../process/child.js';
import { diskFull } from '../process/disk.js';
import { StartError } from '../process/start-error.js';
import { prepareSampleStores, writeAgentConfig } from '../samples/index.js';
import { keysSecret, local, SERVICES, type ServiceName, type SystemContext } from './context.js';
import { checkout } from './local.config.js';
import { assertBuilt } from './node-part.js';
import { localKek } from './local-kek.js';
import { agentFile } from './parts.js';
import type { Step } from './run-in-order.js';

/** What is done once at every start, and does nothing when it was done before. */
export function jobs(context: SystemContext): Step[] {
  return [
    { name: 'topics', after: ['kafka'], run: () => prepareKafka(context) },
    { name: 'sample-stores', after: ['postgres'], run: () => makeSampleStores(context) },
    ...SERVICES.map((service): Step => ({ name: `migrate-${service}`, after: ['postgres', 'postgres-keys'], run: () => migrate(context, service) })),
  ];
}

/** Topics, and who may do what with them. */
async function prepareKafka({ kafka, tenants }: SystemContext): Promise<void> {
  const ids = tenants.map((tenant) => tenant.id);
  await applyTopics(createKafka(kafka.admin), ids);
  if (kafka.auth === 'scram') await applyAccess(kafka.admin, ids, { secrets: kafka.secrets });
}

/** The downstream databases of every tenant, and the file from which its agent knows them. */
async function makeSampleStores(context: SystemContext): Promise<void> {
  const { postgresUrl: adminUrl, secrets, tenants, home, ports } = context;
  const password = secrets.databases['samples'] ?? '';
  await prepareSampleStores({ adminUrl, password, tenants: tenants.map((tenant) => tenant.id) });
  for (const { id } of tenants) {
    await writeAgentConfig({
      file: agentFile(home, id),
      tenant: id,
      adminUrl,
      password,
      mailProcessorUrl: local(ports['mail-processor']),
      webhookSecret: secrets.webhooks[id] ?? '',
    });
  }
}

async function migrate(context: SystemContext, service: ServiceName): Promise<void> {
  const name = `migrate-${service}`;
  const script = join(checkout, 'services', service, 'dist', 'migrate.js');
  assertBuilt(script);
  const logFile = context.home.log(name);
  const child = startChild({
    command: process.execPath,
    args: ['--enable-source-maps', script],
    env: {
      ...context.env,
      HEED_DATABASE_ADMIN_URL: context.postgresUrl,
      HEED_DATABASE_PASSWORD: context.secrets.databases[service] ?? '',
      HEED_TENANTS: JSON.stringify(context.tenants.map(({ id, isolation }) => ({ id, isolation }))),
      HEED_KEYS_DIR: context.home.keys(service),
      ...localKek(context.home),
      HEED_KEYS_DATABASE_ADMIN_URL: context.keysPostgresUrl,
      HEED_KEYS_DATABASE_PASSWORD: context.secrets.databases[keysSecret(service)] ?? '',
      HEED_MIGRATE_PHASE: 'contract', // everything is started anew: no older instance runs
      LOG_LEVEL: context.logLevel,
    },
    cwd: checkout,
    logFile,
    deathSignal: 'TERM',
  });
  const exit = await child.exited;
  if (exit.code === 0) return;
  const full = diskFull(context.home.dir);
  if (full !== undefined) throw full;
  const lastLine = (await readFile(logFile, 'utf8')).trim().split('\n').at(-1) ?? '';
  throw new StartError('job_failed', `The migrations of ${service} failed: ${lastLine.slice(0, 300)}; see ${logFile}.`);
}
