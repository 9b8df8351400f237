import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const HEED = join(import.meta.dirname, '..', 'bin', 'heed.js');
const AJUNI = join(import.meta.dirname, '..', '..', '..', 'infra', 'policy-packs', 'ajuni.yaml');
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-cli-'));
  await chmod(dir, 0o755);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function heed(args: readonly string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  const options = { env: { ...process.env, HEED_HOME: join(dir, 'home'), HEED_PORT_BASE: '0', ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [HEED, ...args], options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

describe('heed start says in one line what to do when', () => {
  it('a port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, out, err } = await heed(['start'], { HEED_PORT_BASE: String(port) });
    server.close();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(existsSync(join(dir, 'home')), 'a refused start leaves nothing behind').toBe(false);
    expect(err).toMatch(new RegExp(`^heed: Port ${port} \\(origin\\) is taken .*HEED_PORT_BASE=.*\\n$`));
  });

  it('there is no Java', async () => {
    const { code, err } = await heed(['start'], { JAVA_HOME: join(dir, 'nowhere') });
    expect(code).toBe(1);
    expect(err).toMatch(/^heed: There is no Java at .*install a JDK 17.*\n$/);
  });

  it('Java is too old', async () => {
    await writeFile(join(dir, 'java'), '#!/bin/sh\necho \'openjdk version "11.0.2"\' >&2\n', { mode: 0o755 });
    await symlink(dir, join(dir, 'bin'));
    const { code, err } = await heed(['start'], { JAVA_HOME: dir });
    expect(code).toBe(1);
    expect(err).toMatch(/^heed: Java 11 is too old for Kafka.*\n$/);
  });

  it('there is no Maven to fetch Kafka with', async () => {
    // A PATH that has Java and what PostgreSQL's start asks, but no mvn.
    const bin = join(dir, 'path');
    await mkdir(bin);
    for (const tool of ['/usr/bin/java', '/usr/bin/id']) await symlink(tool, join(bin, tool.split('/').at(-1) ?? ''));
    const { code, out, err } = await heed(['start'], { PATH: bin, HEED_CACHE: join(dir, 'cache') });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(existsSync(join(dir, 'home')), 'a refused start leaves nothing behind').toBe(false);
    expect(err).toMatch(/^heed: Maven is needed once to fetch Kafka .*apt-get install maven.*\n$/);
  });

  it('too little of the disk is free', async () => {
    const { code, err } = await heed(['start'], { HEED_MIN_FREE_MB: '999999999' });
    expect(code).toBe(1);
    expect(err).toMatch(/^heed: Only \d+ MB are free .*HEED_HOME.*\n$/);
  });

  it('HEED_HOME is no folder', async () => {
    await writeFile(join(dir, 'home'), '');
    const { code, err } = await heed(['start']);
    expect(code).toBe(1);
    expect(err).toMatch(/^heed: HEED_HOME .* cannot be used.*\n$/);
  });

  it('a pack in HEED_HOME is no pack, or of a tenant that is there already', async () => {
    await mkdir(join(dir, 'home', 'policy-packs'), { recursive: true });
    const file = join(dir, 'home', 'policy-packs', 'acme.yaml');
    await writeFile(file, 'schema: heed.dev/policy-pack/v1\n');
    const wrong = await heed(['start']);
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.err).toMatch(/^heed: .*acme.yaml:1:1 value_missing: .*see "heed pack check .*"\.\n$/);
    await writeFile(file, await readFile(AJUNI));
    expect((await heed(['start'])).err).toMatch(/^heed: .*ajuni\.yaml and .*acme\.yaml are both packs of ajuni: keep one\.\n$/);
  });

  it('HEED_PORT_BASE is no number', async () => {
    const { code, err } = await heed(['start'], { HEED_PORT_BASE: 'high' });
    expect(code).toBe(1);
    expect(err).toMatch(/^heed: HEED_PORT_BASE cannot be read.*\n$/);
  });
});

describe('heed pack says of a file', () => {
  it.each([
    ['that it is a folder', 'check', '.', /^heed: \. cannot be read: it is a folder; name a file in it\.\n$/],
    ['that there is none', 'explain', '/nope.yaml', /^heed: \/nope\.yaml cannot be read: there is no such file\.\n$/],
  ])('%s', async (_, command, file, line) => {
    expect(await heed(['pack', command, file])).toMatchObject({ code: 1, out: '', err: expect.stringMatching(line) as string });
  });

  it('that it is the pack of another tenant, and how that one is named', async () => {
    expect(await heed(['pack', 'apply', AJUNI, '--tenant', 'acme'])).toMatchObject({ code: 1, err: `heed: ${AJUNI} is the pack of ajuni: say --tenant ajuni.\n` });
  });
});

describe('exit codes', () => {
  it('are 0 for done, 1 for refused or failed, 2 for wrong usage', async () => {
    expect((await heed(['pack', 'check', AJUNI])).code).toBe(0);
    const failed = await heed(['status']);
    expect(failed).toMatchObject({ code: 1, out: '' });
    expect(failed.err).toMatch(/^heed: Heed does not run in .*\n$/);
    expect((await heed(['withdraw'])).code).toBe(2);
    expect((await heed(['withdraw', '--purpose', 'all'])).code).toBe(2);
    expect((await heed(['--help'])).code).toBe(0);
  });
});
