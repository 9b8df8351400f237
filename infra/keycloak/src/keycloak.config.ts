import { homedir } from 'node:os';
import path from 'node:path';

export const checkout = path.resolve(import.meta.dirname, '..', '..', '..');

/** Downloads of this machine; outside the checkout. */
export function cacheDirectory(): string {
  return process.env['HEED_CACHE'] ?? (process.getuid?.() === 0 ? '/var/cache/heed' : path.join(homedir(), '.cache', 'heed'));
}

/** What a program inherits that is started here. */
export const hostEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env });

/** What the rotation of keys is told by the run that started it. */
export function rotationConfig(): { readonly server: string; readonly password: string } {
  const [server, password] = [process.env['HEED_TEST_ISSUER_UPSTREAM'], process.env['HEED_TEST_KEYCLOAK_PASSWORD']];
  if (server === undefined || password === undefined) throw new Error('set HEED_TEST_ISSUER_UPSTREAM and HEED_TEST_KEYCLOAK_PASSWORD');
  return { server: new URL(server).origin, password };
}
