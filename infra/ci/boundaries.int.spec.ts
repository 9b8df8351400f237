import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const RULE = '@nx/enforce-module-boundaries';
const FILE = 'src/forbidden-import-probe.ts';

const FORBIDDEN = [
  { what: 'a service another service', project: 'retention', folder: 'services/retention', imports: '@heed/dsar' },
  { what: 'the kernel a platform library', project: 'kernel', folder: 'libs/kernel', imports: '@heed/config' },
  { what: 'a contract a platform library', project: 'contracts-ingress', folder: 'libs/contracts/ingress', imports: '@heed/config' },
  { what: 'a platform library a connector', project: 'policy', folder: 'libs/policy', imports: '@heed/connector-spi' },
  { what: 'a service, outside its specs, the testing library', project: 'notifications', folder: 'services/notifications', imports: '@heed/testing' },
] as const;

/** Lint as people run it. Bare eslint without Nx's project graph skips the boundary rule and exits 0. */
function lintThroughNx(projects: readonly string[]): Promise<{ code: number; output: string }> {
  const args = ['node_modules/nx/dist/bin/nx.js', 'run-many', '-t', 'lint', '-p', projects.join(','), '--parallel=2', '--outputStyle=static'];
  const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', FORCE_COLOR: '0' };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT, env, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, output: stdout + stderr });
    });
  });
}

/** What eslint says under the name of this file. */
function complaints(output: string, file: string): string {
  const from = output.indexOf(`${file}\n`);
  return from === -1 ? '' : (output.slice(from + file.length + 1).split(/^(?:\/|✖)/m)[0] ?? '');
}

describe('lint through Nx refuses', () => {
  const probes = FORBIDDEN.map(({ folder, imports }) => ({ file: join(ROOT, folder, FILE), text: `export * from '${imports}';\n` }));
  let run: { code: number; output: string };

  beforeAll(async () => {
    try {
      for (const probe of probes) await writeFile(probe.file, probe.text);
      run = await lintThroughNx(FORBIDDEN.map((of) => of.project));
    } finally {
      for (const probe of probes) await rm(probe.file, { force: true });
    }
  }, 180_000);

  afterAll(async () => {
    for (const probe of probes) await rm(probe.file, { force: true });
  });

  it.each(FORBIDDEN)('$what', ({ folder }) => {
    expect(run.code).not.toBe(0);
    expect(complaints(run.output, join(ROOT, folder, FILE))).toContain(RULE);
  });
});
