import path from 'node:path';
import { ConfigError, readPem } from '@heed/config';
import type { KekEnvironment } from '@heed/config';
import { FileKek, KmsKek, Pkcs11Kek } from '@heed/crypto';
import type { KekProvider } from '@heed/crypto';

/** What a KEK's provider is opened by. */
export type KekSettings = KekEnvironment & { readonly HEED_KEYS_DIR: string; readonly NODE_ENV: string };

/** The provider that the environment names. @throws ConfigError where it lacks something, or is refused in production */
export function openKek(settings: KekSettings): KekProvider {
  const production = settings.NODE_ENV === 'production';
  switch (settings.HEED_KEK) {
    case 'file':
      if (production) throw new ConfigError('Configuration refused: HEED_KEK=file keeps the keys of people beside their data; production needs pkcs11 or kms');
      return new FileKek(settings.HEED_KEK_DIR ?? path.join(settings.HEED_KEYS_DIR, 'kek'));
    case 'pkcs11':
      return new Pkcs11Kek({
        module: needed(settings, 'HEED_KEK_MODULE'),
        label: needed(settings, 'HEED_KEK_TOKEN'),
        pinFile: needed(settings, 'HEED_KEK_PIN_FILE'),
        prefix: settings.HEED_KEK_PREFIX,
      });
    case 'kms': {
      const url = needed(settings, 'HEED_KEK_URL');
      if (production && new URL(url).protocol !== 'https:') throw new ConfigError('Configuration refused: HEED_KEK_URL: production reaches a KMS by https:// alone');
      const ca = settings.HEED_KEK_CA_FILE;
      return new KmsKek({
        url,
        mount: settings.HEED_KEK_MOUNT,
        namespace: settings.HEED_KEK_NAMESPACE,
        tokenFile: needed(settings, 'HEED_KEK_TOKEN_FILE'),
        ca: ca === undefined ? undefined : readPem('HEED_KEK_CA_FILE', ca),
        timeoutMs: settings.HEED_KEK_TIMEOUT_MS,
        prefix: settings.HEED_KEK_PREFIX,
      });
    }
  }
}

function needed(settings: KekSettings, name: 'HEED_KEK_MODULE' | 'HEED_KEK_TOKEN' | 'HEED_KEK_PIN_FILE' | 'HEED_KEK_URL' | 'HEED_KEK_TOKEN_FILE'): string {
  const value = settings[name];
  if (value === undefined) throw new ConfigError(`Configuration refused: ${name} is needed with HEED_KEK=${settings.HEED_KEK}`);
  return value;
}
