import path from 'node:path';
import { ConfigError } from '@heed/config';
import type { KekEnvironment } from '@heed/config';
import { FileKek } from '@heed/crypto';
import type { KekProvider } from '@heed/crypto';

/** What a KEK's provider is opened by. */
export type KekSettings = KekEnvironment & { readonly HEED_KEYS_DIR: string; readonly NODE_ENV: string };

/** The provider that the environment names. @throws ConfigError where it lacks something, or is refused in production */
export function openKek(settings: KekSettings): KekProvider {
  if (settings.NODE_ENV === 'production') {
    throw new ConfigError('Configuration refused: HEED_KEK=file keeps the keys of people beside their data; production needs pkcs11 or kms');
  }
  return new FileKek(settings.HEED_KEK_DIR ?? path.join(settings.HEED_KEYS_DIR, 'kek'));
}
