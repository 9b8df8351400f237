import { startKafka } from '../kafka/start-kafka.js';
import { startPostgres } from '../postgres/start-postgres.js';
import type { SystemContext } from './context.js';
import type { PartDefinition } from './managed-part.js';

export interface Servers {
  /** Start the embedded one, or use what the environment points at. */
  readonly postgres: boolean;
  readonly keysPostgres: boolean;
  readonly kafka: boolean;
  readonly onDownload: () => void;
}

/** PostgreSQL, a second one for the keys, and Kafka as parts, supervised like all others. */
export function serverParts(context: SystemContext, servers: Servers): PartDefinition[] {
  const { home, ports, secrets } = context;
  const postgres = (name: 'postgres' | 'postgres-keys', settings: readonly string[]): PartDefinition => ({
    name,
    group: 'postgres',
    port: ports[name],
    probe: { kind: 'tcp', port: ports[name] },
    launch: ({ onSpawn }) =>
      startPostgres({
        dir: home.data(name),
        port: ports[name],
        password: secrets.databases[name] ?? '',
        logFile: home.log(name),
        settings,
        onSpawn,
      }),
  });
  const kafka: PartDefinition = {
    name: 'kafka',
    group: 'kafka',
    port: ports.kafka,
    probe: { kind: 'tcp', port: ports.kafka },
    launch: ({ onSpawn }) =>
      startKafka({
        dir: home.data('kafka'),
        port: ports.kafka,
        controllerPort: ports['kafka-controller'],
        security: context.kafka.security,
        logFile: home.log('kafka'),
        onDownload: servers.onDownload,
        onSpawn,
      }),
  };
  return [
    ...(servers.postgres ? [postgres('postgres', [])] : []),
    // Keys are small and read in batches.
    ...(servers.keysPostgres ? [postgres('postgres-keys', ['shared_buffers=32MB', 'max_connections=100'])] : []),
    ...(servers.kafka ? [kafka] : []),
  ];
}
