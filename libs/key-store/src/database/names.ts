/** The keys database where it has its server, or its name, to itself. */
export const KEYS_DATABASE = 'heed_keys';
/** A service's own schema in the keys database. */
export const keySchema = (service: string): string => service.replaceAll('-', '_');
export const keysOwner = (database: string): string => `${database}_owner`;
/** The service's login to the keys database: another role than its login to its own database, with another password. */
export const keysLogin = (database: string, service: string): string => `${database}_${keySchema(service)}`;
/** Where what all services share of the keys lies: no key. */
export const SHARED_KEYS = 'shared';
