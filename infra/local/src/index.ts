export { startKafka, type EmbeddedKafka, type KafkaOptions } from './kafka/start-kafka.js';
export { startPostgres, type EmbeddedPostgres, type PostgresOptions } from './postgres/start-postgres.js';
export { StartError, type StartErrorCode } from './process/start-error.js';
export { Home } from './system/home.js';
export { readLocalConfig, type LocalConfig } from './system/local.config.js';
export { LocalSystem, SERVICES, type ServiceName, type SystemOptions } from './system/local-system.js';
export type { ManagedPart } from './system/managed-part.js';
export { findRunningSystem, type SystemRecord } from './system/system-record.js';
