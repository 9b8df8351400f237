import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { hostEnvironment } from './keycloak.config.js';

export interface KeycloakOptions {
  readonly home: string;
  readonly realm: object;
  /** Where it listens; only on this computer. */
  readonly port: number;
  /** What its tokens call it, `http://host:port`. */
  readonly publicUrl: string;
  readonly password: string;
  readonly logFile: string;
}

/** The first start builds it and takes a minute and a half on two busy cores. */
const READY_WITHIN_MS = 300_000;

/** Starts Keycloak with a database in memory and one imported realm. @returns how to end it */
export async function startKeycloak(options: KeycloakOptions): Promise<() => Promise<void>> {
  const imports = path.join(options.home, 'data', 'import');
  await mkdir(imports, { recursive: true });
  await writeFile(path.join(imports, 'heed-realm.json'), JSON.stringify(options.realm, null, 2));
  const args = [
    'start-dev', '--cache=local', '--db=dev-mem', '--import-realm', '--http-host=127.0.0.1', `--http-port=${options.port}`, `--hostname=${options.publicUrl}`,
  ];
  const env = {
    ...hostEnvironment(),
    KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
    KC_BOOTSTRAP_ADMIN_PASSWORD: options.password,
    JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m',
  };
  const child = spawn(path.join(options.home, 'bin', 'kc.sh'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(options.logFile);
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  const discovery = `http://127.0.0.1:${options.port}/realms/heed/.well-known/openid-configuration`;
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Keycloak ended with ${child.exitCode}; see ${options.logFile}`);
    if (await fetch(discovery).then((answer) => answer.ok, () => false)) return stop;
    if (performance.now() > deadline) {
      await stop();
      throw new Error(`Keycloak was not ready within ${READY_WITHIN_MS / 1000} s; see ${options.logFile}`);
    }
    await later(500);
  }
}
