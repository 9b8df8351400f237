import type { KafkaSettings } from '@heed/config';
import type { KafkaSecrets } from '@heed/kafka';
import type { KeySite } from '@heed/key-store';
import { aloneWithTenant, databaseName, registeredTenants } from '@heed/persistence';
import type { AdminAccess, RegisteredTenant, Tenant, TenantSite } from '@heed/persistence';

/** The services that keep something of every tenant, each in its own database. */
export const TENANT_SERVICES = ['consent', 'dsar', 'retention', 'subprocessor-registry', 'notifications'] as const;
export type TenantService = (typeof TENANT_SERVICES)[number];

/** The service whose list of tenants counts: it knows their policies, and when a closing one is dropped. */
export const REGISTER: TenantService = 'subprocessor-registry';

/** Then the command fails and says so, where a service would wait. */
export const KAFKA_TRIES = 8;

/** Something that an installation keeps of a tenant beyond databases and topics: clients of its issuer, for one. */
export interface TenantExtra {
  readonly name: string;
  make(tenant: Tenant): Promise<void>;
  remove(tenant: string): Promise<void>;
  /** What is still there of a tenant that was removed. */
  left(tenant: string): Promise<readonly string[]>;
}

/** Where tenants are made and dropped, and by which means. */
export interface Installation {
  readonly postgres: AdminAccess;
  /** Another name than a service's usual one, for tests that share a server. */
  readonly database?: (service: TenantService) => string;
  /** Folder with the keys of a service. */
  readonly keysDir: (service: TenantService) => string;
  /** Brings a service's database up to date, with these tenants among those it has. */
  readonly migrate: (service: TenantService, tenants: readonly Tenant[]) => Promise<void>;
  /** Opened where keys go; made by the services' migrations. */
  readonly keys: () => KeySite;
  readonly kafka: KafkaSettings;
  /** Where passwords of Kafka users are kept; undefined where users and rights on Kafka are not Heed's to set. */
  readonly kafkaAccess: { readonly secrets?: KafkaSecrets } | undefined;
  readonly topicPrefix: string;
  /** How long a drop waits for running services to have heard of it; by default as long as that takes. */
  readonly silenceMs?: number;
  /** Made after everything else, removed before. */
  readonly extras: readonly TenantExtra[];
  /** Told what takes long or what is waited for. */
  readonly tell: (line: string) => void;
}

export function siteOf(installation: Installation, service: TenantService): TenantSite {
  const { postgres, keysDir, database = databaseName } = installation;
  return { ...postgres, database: database(service), keysDir: keysDir(service) };
}

/** Everybody that the register knows, those too who are no more. */
export function listTenants(installation: Installation): Promise<readonly RegisteredTenant[]> {
  return registeredTenants(installation.postgres, siteOf(installation, REGISTER).database);
}

/** Keeps two commands on one tenant apart. */
export function aloneWith(installation: Installation, tenant: string, work: () => Promise<void>): Promise<void> {
  const waits = (holder: string): void => installation.tell(`waits for another command: ${holder}`);
  return aloneWithTenant(installation.postgres, siteOf(installation, REGISTER).database, tenant, waits, work);
}
