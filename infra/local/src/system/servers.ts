import { startKafka } from '../kafka/start-kafka.js';
import { startPostgres } from '../postgres/start-postgres.js';
import type { SystemContext } from './context.js';
import type { PartDefinition } from './managed-part.js';

export interface Servers {
  /** Start the embedded one, or use what the environment points at. */
  readonly postgres: boolean;
  readonly kafka: boolean;
  readonly onDownload: () => void;
}

/** PostgreSQL and Kafka as parts, supervised like all others. */
export function serverParts(context: SystemContext, servers: Servers): PartDefinition[] {
  const { home, ports, secrets } = context;
  const postgres: PartDefinition = {
    name: 'postgres',
    group: 'postgres',
    port: ports.postgres,
    probe: { kind: 'tcp', port: ports.postgres },
    launch: ({ onSpawn }) =>
      startPostgres({
        dir: home.data('postgres'),
        port: ports.postgres,
        password: secrets.databases['postgres'] ?? '',
        logFile: home.log('postgres'),
        onSpawn,
      }),
  };
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
  return [...(servers.postgres ? [postgres] : []), ...(servers.kafka ? [kafka] : [])];
}
