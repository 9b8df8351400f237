import { armFailpoint } from '@heed/kernel';
import { Home, readLocalConfig } from '@heed/local';

export interface CliConfig {
  readonly home: Home;
  /** A Heed elsewhere: its origin, and a token that was got there. */
  readonly remote: { readonly origin: string; readonly token: string } | undefined;
}

export function readCliConfig(env: NodeJS.ProcessEnv = process.env): CliConfig {
  const [origin, token] = [env['HEED_ORIGIN'], env['HEED_TOKEN']];
  return {
    home: new Home(readLocalConfig(env).home),
    remote: origin !== undefined && token !== undefined ? { origin, token } : undefined,
  };
}

export interface ProvisioningConfig {
  /** Handed on to the migration programs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the environment names an installation other than the one on this computer. */
  readonly elsewhere: boolean;
}

export function readProvisioning(env: NodeJS.ProcessEnv = process.env): ProvisioningConfig {
  armFailpoint(env['HEED_FAILPOINT'], env['NODE_ENV']);
  return { env, elsewhere: (env['HEED_DATABASE_ADMIN_URL'] ?? '') !== '' };
}
