import type { KafkaSettings } from '@heed/config';
import type { KafkaSecrets } from '@heed/kafka';
import { databaseName } from '@heed/persistence';
import type { AdminAccess, Tenant, TenantSite } from '@heed/persistence';

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
  /** Folder with the keys of a service. */
  readonly keysDir: (service: TenantService) => string;
  /** Brings a service's database up to date, with these tenants among those it has. */
  readonly migrate: (service: TenantService, tenants: readonly Tenant[]) => Promise<void>;
  readonly kafka: KafkaSettings;
  /** Where passwords of Kafka users are kept; undefined where users and rights on Kafka are not Heed's to set. */
  readonly kafkaAccess: { readonly secrets?: KafkaSecrets } | undefined;
  readonly topicPrefix: string;
  /** Made after everything else, removed before. */
  readonly extras: readonly TenantExtra[];
  /** Told what takes long or what is waited for. */
  readonly tell: (line: string) => void;
}

export function siteOf(installation: Installation, service: TenantService): TenantSite {
  return { ...installation.postgres, database: databaseName(service), keysDir: installation.keysDir(service) };
}
