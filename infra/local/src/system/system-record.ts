import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive } from '../process/process-identity.js';
import type { Home } from './home.js';
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
