import { ConfigError, databaseTls } from '@heed/config';
import type { ServiceEnvironment } from '@heed/config';
import type { Clock } from '@heed/kernel';
import { Database, promisedKeys } from '@heed/persistence';
import { KeyChecks } from './check/key-checks.js';
import { KekGuard } from './evidence/kek-guard.js';
import { openKek } from './open-kek.js';
import { FieldVault } from './vault/field-vault.js';

/** What of a service's platform its vault needs. */
export interface VaultPlatform {
  readonly environment: ServiceEnvironment;
  readonly clock: Clock;
  /** The service's own: it knows what the tenants' policies promise of their keys. */
  readonly database: Database;
}

/** Connections to the keys database: keys come in batches, few at a time. */
const POOL = 4;

const vaults = new WeakMap<ServiceEnvironment, FieldVault>();

/**
 * The vault of a service, one for each of its platforms: whoever asks again gets the same.
 * @throws ConfigError where the keys database or the provider is not named
 * @example { provide: FieldVault, useFactory: () => openFieldVault('dsar', platform) }
 */
export function openFieldVault(service: string, { environment, clock, database: own }: VaultPlatform): FieldVault {
  const known = vaults.get(environment);
  if (known) return known;
  const url = environment.HEED_KEYS_DATABASE_URL;
  if (url === undefined) throw new ConfigError('Configuration refused: HEED_KEYS_DATABASE_URL: the URL of this service\'s login to the keys database');
  const kek = openKek(environment);
  // Both are asked within transactions that hold the pool's connections: they must not wait for one of those.
  const aside = own.aside();
  const guard = new KekGuard({ kek, clock, evidenceFile: environment.HEED_KEK_EVIDENCE, promises: () => promisedKeys(aside) });
  const database = new Database({ url, keysDir: environment.HEED_KEYS_DIR, clock, poolSize: POOL, ssl: databaseTls(environment, url) });
  const vault = new FieldVault({
    service,
    database,
    checks: new KeyChecks(aside, database),
    kek,
    clock,
    cacheMs: environment.HEED_KEY_CACHE,
    cacheSize: environment.HEED_KEY_CACHE_SIZE,
    ...(environment.NODE_ENV === 'production' ? { admit: guard.admit } : {}),
  });
  vaults.set(environment, vault);
  return vault;
}
