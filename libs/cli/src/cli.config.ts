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
