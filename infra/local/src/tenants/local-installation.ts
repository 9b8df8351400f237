import { join } from 'node:path';
import { KEYS_DATABASE } from '@heed/key-store';
import { runMigrationProgram, type Installation, type TenantExtra } from '@heed/provisioning';
import { fetchLocalToken } from '../issuer/local-token.js';
import { dropSampleStores, prepareSampleStores, sampleStoresLeft } from '../samples/index.js';
import { enrolLocalKey } from '../step-up/enrol-local-key.js';
import { forgetSoftwareKey, hasSoftwareKey } from '../step-up/key-file.js';
import { applyPack } from '../system/after-services.js';
import type { Home } from '../system/home.js';
import { keysSecret } from '../system/context.js';
import { keysAdminUrl, systemKafka } from '../system/inspect.js';
import { checkout } from '../system/local.config.js';
import { localKek, openLocalKek } from '../system/local-kek.js';
import type { SystemRecord } from '../system/system-record.js';
import { localTenants } from '../system/tenants.js';
import { storeAgent } from './agent-extra.js';
import { clients, packFile } from './kept-files.js';
import { runningHeed, secretsOf, waitUntil, type RunningHeed } from './tenant-context.js';

export interface LocalInstallationOptions {
  readonly home: Home;
  /** It must run: nothing of it is started again. */
  readonly system: SystemRecord;
  /** Handed on to the migration programs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tell: (line: string) => void;
  /** Of the tenant that is made. */
  readonly pack?: string;
}

/** The embedded system as a place where tenants are made and dropped while everything runs. */
export function localInstallation(options: LocalInstallationOptions): Installation {
  const { home, system, env, tell } = options;
  const heed = runningHeed(home, system);
  const kafka = systemKafka(home, system);
  return {
    postgres: { adminUrl: heed.postgresUrl },
    keysDir: (service) => home.keys(service),
    migrate: (service, tenants) =>
      runMigrationProgram({
        script: join(checkout, 'services', service, 'dist', 'migrate.js'),
        env: {
          ...env,
          HEED_DATABASE_ADMIN_URL: heed.postgresUrl,
          HEED_DATABASE_PASSWORD: secretsOf(home).databases[service],
          HEED_TENANTS: JSON.stringify(tenants),
          HEED_KEYS_DIR: home.keys(service),
          ...localKek(home),
          HEED_KEYS_DATABASE_ADMIN_URL: keysAdminUrl(home, system),
          HEED_KEYS_DATABASE_PASSWORD: secretsOf(home).databases[keysSecret(service)],
          HEED_FAILPOINT: '',
        },
        tell,
      }),
    keys: () => ({ access: { adminUrl: keysAdminUrl(home, system) }, database: KEYS_DATABASE, kek: openLocalKek(home, env) }),
    kafka: kafka.admin,
    kafkaAccess: kafka.auth === 'scram' ? { secrets: kafka.secrets } : undefined,
    topicPrefix: '',
    extras: [packFile(home, options.pack), clients(heed), sampleStores(heed), policy(heed, tell), stepUpKey(heed), storeAgent(heed)],
    tell,
  };
}

function sampleStores(heed: RunningHeed): TenantExtra {
  return {
    name: 'sample stores',
    make: ({ id }) => prepareSampleStores({ adminUrl: heed.postgresUrl, password: secretsOf(heed.home).databases['samples'] ?? '', tenants: [id] }),
    remove: (id) => dropSampleStores(heed.postgresUrl, id),
    left: (id) => sampleStoresLeft(heed.postgresUrl, id),
  };
}

const SERVED_WITHIN_MS = 60_000;

/** The pack becomes the tenant's first policy, once the issuer knows its client and the services know the tenant. */
function policy(heed: RunningHeed, tell: (line: string) => void): TenantExtra {
  return {
    name: 'policy',
    make: async ({ id }) => {
      await waitUntil(`the first answer to ${id}`, SERVED_WITHIN_MS, async () => {
        const authorization = `Bearer ${await fetchLocalToken(heed.home, heed.issuer, id, ['tenant-admin'])}`;
        return (await fetch(`${heed.origin}/v1/tenant`, { headers: { authorization } })).ok;
      });
      const tenant = localTenants(heed.home).find((one) => one.id === id);
      if (tenant) await applyPack(heed, tenant, tell);
    },
    remove: async () => undefined,
    left: async () => [],
  };
}

function stepUpKey(heed: RunningHeed): TenantExtra {
  return {
    name: 'step-up key',
    make: ({ id }) => enrolLocalKey(heed, id),
    remove: async (id) => forgetSoftwareKey(heed.home, id),
    left: async (id) => (hasSoftwareKey(heed.home, id) ? [`step-up key of ${id}`] : []),
  };
}
