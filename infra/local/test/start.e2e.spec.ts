import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identify, isAlive, type ProcessIdentity } from '../src/process/process-identity.js';
import { readRecords } from '../src/system/part-record.js';
import { HeedCommand, type RunningHeed } from './heed-command.js';

interface Status {
  readonly origin: string;
  readonly kafka: string;
  readonly postgres: string;
  readonly parts: readonly { name: string; port: number | null; pid: number; health: string }[];
  readonly tenants: readonly {
    id: string;
    purposes: readonly { id: string; basis: string }[];
    notices: readonly { id: string; version: string; languages: readonly string[] }[];
    dataStores: readonly { id: string; kind: string }[];
  }[];
}

const TENANTS = ['ahurasense', 'ajuni', 'askasia', 'aurigen', 'auronx'];
let home: string;
let heed: HeedCommand;
let running: RunningHeed | undefined;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'heed-start-'));
  await chmod(home, 0o755);
  heed = new HeedCommand(home);
  running = await heed.start();
});
afterAll(async () => {
  running?.signal('SIGTERM');
  await running?.exited;
  await rm(home, { recursive: true, force: true });
});

/** Everything the start has made, by recorded pid and start time. */
function processes(): ProcessIdentity[] {
  return readRecords(join(home, 'run')).map(({ pid, startTime }) => ({ pid, startTime }));
}

async function readyz(origin: string): Promise<number> {
  return (await fetch(`${origin}/readyz`)).status;
}

async function call(origin: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const { out } = await heed.run('token', '--tenant', 'ajuni', '--roles', 'platform');
  const answer = await fetch(`${origin}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${out.trim()}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const ada = { identifiers: [{ type: 'email', value: 'ada@example.com' }] };

async function consentPurpose(status: Status): Promise<{ purpose: string; notice: { id: string; version: string; language: string } }> {
  const tenant = status.tenants.find(({ id }) => id === 'ajuni');
  const purpose = tenant?.purposes.find(({ basis }) => basis === 'consent')?.id ?? '';
  const [notice] = tenant?.notices ?? [];
  return { purpose, notice: { id: notice?.id ?? '', version: notice?.version ?? '', language: notice?.languages[0] ?? '' } };
}

describe('heed start', () => {
  it('brings up every part and says where they are', async () => {
    const status = await heed.json<Status>('status');
    expect(await readyz(status.origin)).toBe(200);
    expect(status.parts.filter((part) => part.health !== 'ready')).toEqual([]);
    expect(status.parts.map((part) => part.name)).toEqual(
      expect.arrayContaining(['postgres', 'postgres-keys', 'kafka', 'issuer', 'mail-sink', 'mail-processor', 'router', 'consent', 'dsar', 'retention', 'notifications']),
    );
    expect(status.tenants.map((tenant) => tenant.id).sort()).toEqual(TENANTS);
    for (const tenant of status.tenants) {
      expect(tenant.dataStores.map((store) => store.id).sort()).toEqual(['crm', 'mail-processor', 'telemetry']);
      expect(tenant.purposes.length).toBeGreaterThan(0);
      expect(tenant.notices.length).toBeGreaterThan(0);
    }
  });

  it('gives a token that the services accept', async () => {
    const { origin } = await heed.json<Status>('status');
    expect((await call(origin, '/v1/purposes')).status).toBe(200);
    expect((await fetch(`${origin}/v1/purposes`)).status).toBe(401);
  });

  it('refuses a second start in the same home with one line', async () => {
    const second = await heed.run('start');
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/^heed: Heed already runs in .*\n$/);
    expect(await readyz((await heed.json<Status>('status')).origin)).toBe(200);
  });

  it('starts a part again that was killed, and says so in one line', async () => {
    const before = await heed.json<Status>('status');
    for (const name of ['consent', 'agent-ajuni', 'kafka', 'postgres-keys']) {
      const pid = before.parts.find((part) => part.name === name)?.pid ?? 0;
      process.kill(pid, 'SIGKILL');
    }
    await running?.said('consent ended (SIGKILL); starting it again');
    await eventually(async () => expect(await readyz(before.origin)).toBe(200), { timeoutMs: 60_000, everyMs: 250 });
    const after = await heed.json<Status>('status');
    expect(after.parts.every((part) => part.health === 'ready')).toBe(true);
  });

  it('takes its data up again after a kill -9 of the supervisor and of every part', async () => {
    const before = await heed.json<Status>('status');
    const { purpose, notice } = await consentPurpose(before);
    const given = await call(before.origin, '/v1/consents', {
      subject: ada,
      decisions: [{ purpose, decision: 'given' }],
      notice,
      method: 'web_form',
      occurredAt: new Date().toISOString(),
    });
    expect(given.status).toBe(201);

    const left = processes();
    running?.signal('SIGKILL');
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    await running?.exited;
    running = await heed.start();

    const after = await heed.json<Status>('status');
    expect(await readyz(after.origin)).toBe(200);
    const check = await call(after.origin, '/v1/consents/check', { subject: ada, purpose });
    expect(check.body).toMatchObject({ allowed: true, reason: 'given' });
    expect(left.filter(isAlive)).toEqual([]);
  });

  it('changes keys while it runs, and what was sealed before is read after', async () => {
    const before = await heed.json<Status>('status');
    const { purpose } = await consentPurpose(before);
    for (const level of ['kek', 'ik']) expect((await heed.run('keys', 'rotate', '--level', level, '--tenant', 'ajuni', '--wait')).code).toBe(0);
    expect((await heed.run('keys', 'retire', '--tenant', 'ajuni')).out).toContain('Version 2');
    const states = await heed.json<{ service: string; kek: { version: number }; epochs: { epoch: number; kekVersion: number }[] }[]>('keys', 'status', '--tenant', 'ajuni');
    expect(states.find(({ service }) => service === 'consent')).toMatchObject({ kek: { version: 2 }, epochs: [{ epoch: 2, kekVersion: 2 }] });
    const check = await call(before.origin, '/v1/consents/check', { subject: ada, purpose });
    expect(check.body).toMatchObject({ allowed: true, reason: 'given' });
  });

  it('ends what a killed supervisor left running before it starts again', async () => {
    const left = processes();
    running?.signal('SIGKILL');
    await running?.exited;
    running = await heed.start();
    expect(left.filter(isAlive)).toEqual([]);
    expect(await readyz((await heed.json<Status>('status')).origin)).toBe(200);
  });

  it('leaves no process behind on Ctrl-C', async () => {
    const all = [...processes(), ...[identify(running?.pid ?? 0)].flatMap((supervisor) => supervisor ?? [])];
    expect(all.length).toBeGreaterThan(15);
    running?.signal('SIGINT');
    expect(await running?.exited).toBe(0);
    expect(all.filter(isAlive)).toEqual([]);
    expect(processes()).toEqual([]);
    expect((await heed.run('status')).code).toBe(1);
  });

  it('leaves no process behind when Ctrl-C comes while it starts', async () => {
    running = heed.begin();
    await running.said('✓ postgres');
    const all = processes();
    running.signal('SIGINT');
    expect(await running.exited).toBe(0);
    expect(all.filter(isAlive)).toEqual([]);
    expect(processes()).toEqual([]);
  });

  it('ends at once on a second Ctrl-C, and the next start takes the data up', async () => {
    running = await heed.start();
    const all = processes();
    running.signal('SIGINT');
    await running.said('Ending:');
    await new Promise((resolve) => setTimeout(resolve, 800));
    running.signal('SIGINT');
    await running.exited;
    await eventually(() => expect(all.filter(isAlive)).toEqual([]));
    running = await heed.start();
    expect(await readyz((await heed.json<Status>('status')).origin)).toBe(200);
  });
});
