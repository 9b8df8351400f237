import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertPortFree } from '../process/ports.js';
import { identify, isAlive, type ProcessIdentity } from '../process/process-identity.js';
import { Home, prepareHome } from './home.js';
import { endLeftovers } from './leftovers.js';
import { lockHome } from './lock.js';
import { writeRecord } from './part-record.js';
import { ensureSecrets } from './secrets.js';
import { writeJson } from './write-json.js';

let dir: string;
let home: Home;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-home-'));
  await chmod(dir, 0o755);
  home = new Home(dir);
  prepareHome(home, 0);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function sleeper(): Promise<ProcessIdentity> {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('no sleeper');
  return identity;
}

describe('a home', () => {
  it('is refused in one line when too little of the disk is free', () => {
    expect(() => prepareHome(home, 1 << 30)).toThrow(/^Only \d+ MB are free .* move HEED_HOME to another disk\.$/);
  });

  it('is refused in one line when it is no folder', async () => {
    await writeFile(join(dir, 'file'), '');
    expect(() => prepareHome(new Home(join(dir, 'file')), 0)).toThrow(/cannot be used \(\w+\): set HEED_HOME/);
  });

  it.runIf(process.getuid?.() === 0)('is refused in one line when the postgres user cannot enter a folder above it', async () => {
    await chmod(dir, 0o700);
    expect(() => prepareHome(new Home(join(dir, 'home')), 0)).toThrow(/may not enter .*: set HEED_HOME/);
  });

  it.runIf(process.getuid?.() === 0)('lets the postgres user through to its data and nowhere else', async () => {
    await chmod(dir, 0o700);
    prepareHome(home, 0);
    expect((await stat(dir)).mode & 0o777).toBe(0o711);
    expect((await stat(home.run())).mode & 0o777).toBe(0o700);
  });

  it('admits one start, and the next one once the first is gone', () => {
    const unlock = lockHome(home);
    expect(() => lockHome(home)).toThrow(/^Heed already runs in .* \(pid \d+\)/);
    unlock();
    lockHome(home)();
  });

  it('takes over the lock of a start that was killed, also when its pid lives on as another process', () => {
    writeJson(home.lock(), { pid: process.pid, startTime: 'of another process' });
    lockHome(home)();
  });

  it('keeps its secrets, and only its owner may read them', async () => {
    const names = { databases: ['consent'], clients: ['a'], webhooks: [] };
    const first = ensureSecrets(home, names);
    const second = ensureSecrets(home, { ...names, clients: ['a', 'b'] });
    expect(second.clients['a']).toBe(first.clients['a']);
    expect(second.clients['b']).not.toBe(first.clients['a']);
    expect((await stat(home.secrets())).mode & 0o777).toBe(0o600);
  });

  it('names the taken port and the variable that moves it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(assertPortFree(port, 'consent')).rejects.toThrow(new RegExp(`^Port ${port} \\(consent\\) is taken.*HEED_PORT_BASE`));
    server.close();
  });
});

describe('leftovers of a killed start', () => {
  const record = { group: 'service', state: 'ready', probe: { kind: 'log', pattern: 'x' } } as const;

  it('are ended by their recorded pid', async () => {
    const left = await sleeper();
    writeRecord(home, { ...record, name: 'consent', ...left });
    expect(await endLeftovers(home)).toEqual(['consent']);
    expect(isAlive(left)).toBe(false);
  });

  it('are not confused with a stranger who was given the pid', async () => {
    const stranger = await sleeper();
    writeRecord(home, { ...record, name: 'consent', pid: stranger.pid, startTime: 'of the one before' });
    expect(await endLeftovers(home)).toEqual([]);
    expect(isAlive(stranger)).toBe(true);
    process.kill(stranger.pid, 'SIGKILL');
  });
});
