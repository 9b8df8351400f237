import { kekEnvironment, loadConfig } from '@heed/config';
import type { KekProvider } from '@heed/crypto';
import { openKek } from '@heed/key-store';
import { z } from 'zod';
import type { Home } from './home.js';

/** Key-encryption keys in files, one folder for all services, unless HEED_KEK in the environment says otherwise. */
export function localKek(home: Home): Record<string, string> {
  return { HEED_KEK_DIR: home.keys('kek') };
}

/** The same provider that the services use, for whoever makes and drops tenants beside them. */
export function openLocalKek(home: Home, env: Readonly<Record<string, string | undefined>>): KekProvider {
  const settings = loadConfig(z.object(kekEnvironment), { ...env, ...localKek(home) });
  return openKek({ ...settings, HEED_KEYS_DIR: home.data('keys'), NODE_ENV: 'development' });
}
