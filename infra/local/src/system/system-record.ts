import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { identify, isAlive } from '../process/process-identity.js';
import type { SystemContext } from './context.js';
import type { Home } from './home.js';
import type { LocalConfig } from './local.config.js';
import { writeJson } from './write-json.js';

const systemRecord = z.object({
  supervisor: z.object({ pid: z.number(), startTime: z.string() }),
  origin: z.string(),
  issuer: z.string(),
  kafka: z.string(),
  kafkaAuth: z.enum(['none', 'scram']),
  /** False when KAFKA_BROKERS pointed elsewhere. */
  embeddedKafka: z.boolean(),
  /** Without the password: that stands in secrets.json, which only its owner may read. */
  postgres: z.string(),
  /** False when HEED_POSTGRES_URL pointed elsewhere. */
  embeddedPostgres: z.boolean(),
  /** As `postgres`, of the server with the keys database. */
  keysPostgres: z.string(),
  /** False when HEED_KEYS_POSTGRES_URL pointed elsewhere. */
  embeddedKeysPostgres: z.boolean(),
  mail: z.string(),
  tenants: z.array(z.string()),
  /** Names of the parts that make the whole. */
  parts: z.array(z.string()),
});
/** HEED_HOME/run/system.json: how a command finds the running system. */
export type SystemRecord = z.infer<typeof systemRecord>;

/** What this process writes of the system that it runs. */
export function recordOf(context: SystemContext, config: LocalConfig, mail: string, parts: readonly string[]): SystemRecord {
  const supervisor = identify(process.pid);
  if (supervisor === undefined) throw new Error('this process cannot be identified');
  const { origin, issuer, kafka, postgresUrl, keysPostgresUrl, tenants } = context;
  const embeddedPostgres = config.postgresUrl === undefined;
  const embeddedKeysPostgres = config.keysPostgresUrl === undefined;
  return {
    supervisor, origin, issuer, mail,
    kafka: kafka.brokers,
    kafkaAuth: kafka.auth,
    embeddedKafka: config.kafka === undefined,
    postgres: recorded(postgresUrl, embeddedPostgres),
    embeddedPostgres,
    keysPostgres: recorded(keysPostgresUrl, embeddedKeysPostgres),
    embeddedKeysPostgres,
    tenants: tenants.map((tenant) => tenant.id),
    parts: [...parts],
  };
}

/** Without the password where it is ours: that stands in secrets.json. */
function recorded(url: string, embedded: boolean): string {
  const address = new URL(url);
  if (embedded) address.password = '';
  return address.href;
}

export function writeSystemRecord(home: Home, record: SystemRecord): void {
  writeJson(home.system(), record);
}

export function removeSystemRecord(home: Home): void {
  rmSync(home.system(), { force: true });
}

/** The running system of this home; undefined when there is none, or only what a killed one left. */
export function findRunningSystem(home: Home): SystemRecord | undefined {
  try {
    const record = systemRecord.parse(JSON.parse(readFileSync(home.system(), 'utf8')));
    return isAlive(record.supervisor) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Which parts should run at present beside the router; tenants come and go. Undefined where there is no record. */
export function partsNow(runDir: string): readonly string[] | undefined {
  try {
    return systemRecord.parse(JSON.parse(readFileSync(join(runDir, 'system.json'), 'utf8'))).parts.filter((name) => name !== 'router');
  } catch {
    return undefined;
  }
}
