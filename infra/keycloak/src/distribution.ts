import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { cacheDirectory } from './keycloak.config.js';

const POM = path.join(import.meta.dirname, '..', 'pom.xml');

/** Keycloak's folder, fetched by Maven once per machine and version. */
export async function keycloakHome(print: (line: string) => void): Promise<string> {
  const version = createHash('sha256').update(await readFile(POM)).digest('hex').slice(0, 12);
  const dir = path.join(cacheDirectory(), `keycloak-${version}`);
  const known = await readdir(dir).catch((): string[] => []);
  if (known[0] === undefined) {
    print('fetching Keycloak by Maven; this happens once');
    const partial = `${dir}.${process.pid}`;
    await maven(['-B', '-q', '-f', POM, 'dependency:unpack-dependencies', '-DexcludeTransitive=true', `-DoutputDirectory=${partial}`]);
    await rm(dir, { recursive: true, force: true });
    await rename(partial, dir);
  }
  const [folder = ''] = (await readdir(dir)).filter((name) => name.startsWith('keycloak-'));
  return path.join(dir, folder);
}

function maven(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('mvn', args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', () => reject(new Error('Maven is needed to fetch Keycloak, and there is no "mvn"')));
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`Maven could not fetch Keycloak (exit code ${code ?? 'none'})`))));
  });
}
