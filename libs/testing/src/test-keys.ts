import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { FileKek } from '@heed/crypto';
import type { KekProvider } from '@heed/crypto';
import { keysLogin, migrateKeys } from '@heed/key-store';
import { testServers } from './test-servers.js';

/** A keys database of one's own on the run's server, and key-encryption keys in a folder. */
export class TestKeys {
  readonly database = `test_keys_${randomBytes(4).toString('hex')}`;
  readonly kekDir: string;
  /** Superuser URL of the keys database: for looking. */
  readonly adminUrl: string;

  constructor(
    keysDir: string,
    private readonly serverUrl = testServers().postgresUrl,
  ) {
    this.kekDir = path.join(keysDir, 'kek');
    const url = new URL(serverUrl);
    url.pathname = `/${this.database}`;
    this.adminUrl = url.href;
  }

  /** Makes a service's schema there and the tenants' keys. @returns the URL of the service's login */
  async migrated(service: string, tenants: readonly string[], kek: KekProvider = new FileKek(this.kekDir)): Promise<string> {
    const { database, serverUrl } = this;
    await migrateKeys({ service, database, adminUrl: serverUrl, password: 'test', tenants, kek, progress: () => undefined });
    const url = new URL(this.adminUrl);
    url.username = keysLogin(database, service);
    url.password = 'test';
    return url.href;
  }
}
