export { startKafka, type EmbeddedKafka, type KafkaOptions } from './kafka/start-kafka.js';
export { startPostgres, type EmbeddedPostgres, type PostgresOptions } from './postgres/start-postgres.js';
export { StartError, type StartErrorCode } from './process/start-error.js';
