import { databaseTls, loadConfig, TlsFloor } from '@heed/config';
import type { ServiceEnvironment } from '@heed/config';
import { armFailpoint, systemClock } from '@heed/kernel';
import { Ledger, LedgerKey } from '@heed/ledger-keeper';
import { makeLogger } from '@heed/observability';
import { Outbox } from '@heed/outbox';
import { Database, UnitOfWork } from '@heed/persistence';
import { recover } from '@heed/recovery';
import type { RecoveryReport, Restore } from '@heed/recovery';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { KafkaAccess } from './kafka-access.js';
import type { Platform } from './platform.module.js';
import type { ServiceDefinition } from './run-service.js';
import { trustEnvironment } from './transport.js';

export interface ServiceRecovery<S extends z.ZodType<ServiceEnvironment>> {
  readonly restore: (platform: Platform<z.output<S>>) => Restore;
  /** Topics from which the service reads what it has published itself; `{tenant}` is filled in. */
  readonly ownTopics: readonly string[];
  readonly ingressTopic?: string;
  /** See `RecoveryOptions.hears`. */
  readonly hears?: readonly string[];
}

export interface RecoveryCall {
  readonly tenants?: readonly string[];
  readonly dryRun?: boolean;
  /** See `RecoveryOptions.unsigned`. */
  readonly unsigned?: boolean;
  readonly progress?: (line: string) => void;
}

/** Brings a service's restored database back to where it stood. Used by `recover.ts` and by tests. */
export async function recoverService<S extends z.ZodType<ServiceEnvironment>>(
  definition: ServiceDefinition<S>,
  recovery: ServiceRecovery<S>,
  env: Readonly<Record<string, string | undefined>>,
  call: RecoveryCall = {},
): Promise<RecoveryReport> {
  const { service } = definition;
  const environment = loadConfig(definition.environment, env);
  armFailpoint(environment.HEED_FAILPOINT, environment.NODE_ENV);
  const clock = definition.clock ?? systemClock;
  const logger = makeLogger(service, environment.LOG_LEVEL);
  const floor = new TlsFloor(environment.HEED_TLS_MIN);
  const { HEED_DATABASE_URL: url, HEED_KEYS_DIR: keysDir, HEED_TOPIC_PREFIX: topicPrefix } = environment;
  const database = new Database({ url, keysDir, clock, poolSize: 2, ssl: databaseTls(environment, url, floor) });
  const kafka = new KafkaAccess(environment, service, logger, floor).client;
  const unitOfWork = new UnitOfWork(database);
  const key = await LedgerKey.open(service, keysDir);
  const platform = { environment, clock, logger, database, unitOfWork, outbox: new Outbox({ topicPrefix, poke: () => undefined }), kafka, ledger: new Ledger(key) };
  try {
    return await recover({
      service, kafka, topicPrefix, database, unitOfWork, key,
      restore: recovery.restore(platform),
      ownTopics: recovery.ownTopics,
      ...(recovery.hears ? { hears: recovery.hears } : {}),
      ...(recovery.ingressTopic === undefined ? {} : { ingressTopic: recovery.ingressTopic }),
      ...(call.tenants ? { tenants: call.tenants } : {}),
      dryRun: call.dryRun ?? false,
      unsigned: call.unsigned ?? false,
      progress: call.progress ?? (() => undefined),
    });
  } finally {
    await database.close();
  }
}

/** What a service's `recover.ts` calls. Exit code 0: nothing is behind any more. Options: `--tenant` (again and again), `--dry-run`, `--unsigned`, `--json`. */
export async function runRecovery<S extends z.ZodType<ServiceEnvironment>>(
  definition: ServiceDefinition<S>,
  recovery: ServiceRecovery<S>,
  env: NodeJS.ProcessEnv,
  args = process.argv.slice(2),
): Promise<void> {
  try {
    const { values } = parseArgs({
      args,
      options: { tenant: { type: 'string', multiple: true }, 'dry-run': { type: 'boolean' }, unsigned: { type: 'boolean' }, json: { type: 'boolean' } },
    });
    trustEnvironment(env);
    const out = values.json === true ? process.stderr : process.stdout;
    const report = await recoverService(definition, recovery, env, {
      ...(values.tenant ? { tenants: values.tenant } : {}),
      dryRun: values['dry-run'] === true,
      unsigned: values.unsigned === true,
      progress: (line) => void out.write(`${line}\n`),
    });
    process.stdout.write(values.json === true ? `${JSON.stringify(report)}\n` : `${inWords(report, values.unsigned === true).join('\n')}\n`);
    process.exit(0); // the vault's connections end with the process
  } catch (error) {
    process.stderr.write(`heed recovery of ${definition.service} failed: ${error instanceof Error ? error.message : 'unknown error'}\n`);
    process.exit(1);
  }
}

function inWords({ service, dryRun, tenants, rewound }: RecoveryReport, withUnsigned: boolean): readonly string[] {
  if (tenants.length === 0) return [`${service}: no ledger is behind, nothing is to be done`];
  const counts = (of: Readonly<Record<string, number>>): string => Object.entries(of).map(([what, count]) => `${count} ${what.replaceAll('_', ' ')}`).join(', ') || 'nothing';
  const lines = tenants.flatMap(({ tenant, from, to, unsigned, contested, applied, missing }) => [
    `${service} ${tenant}: records ${from} to ${to} of the ledger are back; put back: ${counts(applied)}`,
    `${service} ${tenant}: not to be had any more: ${counts(missing)}`,
    ...(unsigned === 0 ? [] : [`${service} ${tenant}: ${unsigned} records were told that no checkpoint covers: ${withUnsigned ? 'they were put back too, as asked' : 'they were left out; --unsigned puts them back'}`]),
    ...(contested.length === 0 ? [] : [`${service} ${tenant}: more than one record was told for ${contested.join(', ')}: something else than ${service} may write to its ledger's topic`]),
  ]);
  const groups = Object.values(rewound).reduce((sum, partitions) => sum + partitions, 0);
  lines.push(`${service}: what others told it since is read again by ${Object.keys(rewound).length} consumer groups (${groups} partitions) once it serves`);
  return dryRun ? [...lines, `${service}: this was a dry run, nothing was changed`] : lines;
}
