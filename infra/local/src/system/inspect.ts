import { KEYS_DATABASE, keysLogin } from '@heed/key-store';
import { keysSecret, type ServiceName } from './context.js';
import type { Home } from './home.js';
import { readLocalConfig } from './local.config.js';
import { LocalKafka } from './local-kafka.js';
import { partHealth, type Health } from './part-health.js';
import { readRecords } from './part-record.js';
import { readSecrets } from './secrets.js';
import type { SystemRecord } from './system-record.js';

export interface InspectedPart {
  readonly name: string;
  readonly port: number | null;
  readonly pid: number | null;
  readonly health: Health;
}

/** Every part that should run, and those beside them such as the servers and replicas, asked right now. */
export async function partHealths(home: Home, system: SystemRecord): Promise<InspectedPart[]> {
  const records = readRecords(home.run());
  const absent = system.parts.filter((name) => !records.some((record) => record.name === name));
  const present = await Promise.all(
    records.map(async (record): Promise<InspectedPart> => {
      return { name: record.name, port: record.port ?? null, pid: record.pid, health: await partHealth(record) };
    }),
  );
  return [...present, ...absent.map((name): InspectedPart => ({ name, port: null, pid: null, health: 'down' }))];
}

/** The superuser's URL with its password, which the system's own record leaves out. */
export function postgresAdminUrl(home: Home, system: SystemRecord): string {
  return withPassword(home, system.postgres, system.embeddedPostgres ? 'postgres' : undefined);
}

/** The same of the server with the keys database. */
export function keysAdminUrl(home: Home, system: SystemRecord): string {
  return withPassword(home, system.keysPostgres, system.embeddedKeysPostgres ? 'postgres-keys' : undefined);
}

/** The URL of a service's own login to its keys. */
export function serviceKeysUrl(home: Home, system: SystemRecord, service: ServiceName): string {
  const url = new URL(system.keysPostgres);
  url.username = keysLogin(KEYS_DATABASE, service);
  url.password = readSecrets(home)?.databases[keysSecret(service)] ?? '';
  url.pathname = `/${KEYS_DATABASE}`;
  return url.href;
}

function withPassword(home: Home, address: string, secret: string | undefined): string {
  const url = new URL(address);
  if (secret !== undefined) url.password = readSecrets(home)?.databases[secret] ?? '';
  return url.href;
}

/** The Kafka of a running system, as its jobs and as any of its users; one of one's own is reached as the environment says. */
export function systemKafka(home: Home, system: SystemRecord): LocalKafka {
  return new LocalKafka(home, system.kafka, system.kafkaAuth, system.embeddedKafka ? undefined : readLocalConfig().kafka);
}
