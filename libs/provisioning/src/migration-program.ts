import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

export interface MigrationProgram {
  /** Path of a service's `migrate.js`. */
  readonly script: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tell: (line: string) => void;
}

/** Runs a service's own migration program: it alone knows which tables the service has. @throws Error with its last words */
export async function runMigrationProgram({ script, env, tell }: MigrationProgram): Promise<void> {
  if (!existsSync(script)) throw new Error(`${script} is missing: run "npm run build" first.`);
  const child = spawn(process.execPath, ['--enable-source-maps', script], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-4000);
      for (const line of chunk.toString().split('\n')) if (line.includes('waits for another migration')) tell(line);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(words.trim().split('\n').at(-1) ?? `${script} ended with ${code}.`);
}
