import type { Home } from './home.js';
import type { LocalKafka } from './local-kafka.js';
import type { PortPlan } from './port-plan.js';
import type { Secrets } from './secrets.js';
import type { LocalTenant } from './tenants.js';

/** What every part and job is told about the system it belongs to. */
export interface SystemContext {
  readonly home: Home;
  readonly ports: PortPlan;
  readonly secrets: Secrets;
  readonly tenants: readonly LocalTenant[];
  readonly origin: string;
  readonly issuer: string;
  /** Superuser URL. */
  readonly postgresUrl: string;
  /** Superuser URL of the server with the keys database. */
  readonly keysPostgresUrl: string;
  readonly kafka: LocalKafka;
  readonly logLevel: string;
  /** Added to every one of Heed's own programs; the tests' lever. */
  readonly env: Readonly<Record<string, string>>;
}

export const SERVICES = ['consent', 'dsar', 'retention', 'subprocessor-registry', 'notifications'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Whose secret the password of a service's login to the keys database is. */
export const keysSecret = (service: ServiceName): string => `keys/${service}`;

export const local = (port: number): string => `http://127.0.0.1:${port}`;
