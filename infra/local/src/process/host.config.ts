import { homedir } from 'node:os';
import { join } from 'node:path';

/** The environment that child processes inherit: PATH, JAVA_HOME, proxies, MAVEN_OPTS and the like. */
export function hostEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env };
}

/** Downloads shared by all homes of this machine. Root's home is unreadable to the postgres user, hence /var/cache. */
export function cacheDirectory(): string {
  return process.env['HEED_CACHE'] ?? (isRoot() ? '/var/cache/heed' : join(homedir(), '.cache', 'heed'));
}

/** The JVM to run: JAVA_HOME wins over PATH, as in every Java tool. */
export function javaCommand(): string {
  const home = process.env['JAVA_HOME'];
  return home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
