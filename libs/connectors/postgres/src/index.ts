export { PostgresConnector, type PostgresConnectorOptions } from './connector.js';
