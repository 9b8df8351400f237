import { systemClock } from '@heed/kernel';
import { migrate } from '@heed/persistence';
import { databaseAt, eventProbe, eventually, ServiceBed, sqlOn, startPostgres, TestKeys, testServers, TestStores } from '@heed/testing';
import type { EmbeddedPostgres, EventProbe } from '@heed/testing';
import { loadSamplePack } from '@heed/policy';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { consentMigrations } from '../src/index.js';

const MAIN = path.join(import.meta.dirname, '../dist/main.js');
const run = promisify(execFile);
const DATABASE = 'heed_consent';

export type ServerName = 'data' | 'keys';

/** Consent as a process of its own, its data on one PostgreSQL server and its keys on another, whose folders can be copied and put back. */
export class TwoServers {
  readonly stores = new TestStores(systemClock, ['crm']);
  private readonly servers = new Map<ServerName, EmbeddedPostgres>();
  private readonly ports = new Map<ServerName, number>();
  private child: ChildProcess | undefined;
  private port = 0;

  private constructor(
    private readonly bed: ServiceBed,
    readonly folder: string,
    readonly bus: EventProbe,
  ) {}

  static async make(): Promise<TwoServers> {
    const folder = await mkdtemp(path.join(tmpdir(), 'heed-two-'));
    await chmod(folder, 0o755); // PostgreSQL runs as somebody else
    const bed = await ServiceBed.make({ clock: systemClock, tenants: [{ id: 'ajuni', isolation: 'role' }] });
    const two = new TwoServers(bed, folder, await eventProbe(bed.topicPrefix, ['heed.consent.events.v1']));
    await two.startServers();
    const { tenants, keysDir } = bed;
    await migrate({ service: 'consent', adminUrl: two.url('data'), password: 'test', tenants, keysDir, sets: consentMigrations, progress: () => undefined });
    two.keysUrl = await new TestKeys(keysDir, two.url('keys')).migrated('consent', ['ajuni']);
    await two.bus.publish(two.stores.policy('ajuni', loadSamplePack('ajuni')), ...two.stores.mapped('ajuni'));
    return two;
  }

  private keysUrl = '';

  get kekDir(): string {
    return path.join(this.bed.keysDir, 'kek');
  }

  dir(server: ServerName): string {
    return path.join(this.folder, server);
  }

  private url(server: ServerName): string {
    return this.servers.get(server)?.url ?? '';
  }

  async startServers(): Promise<void> {
    for (const server of ['data', 'keys'] as const) {
      if (this.servers.has(server)) continue;
      const started = await startPostgres({ dir: this.dir(server), port: this.ports.get(server) ?? 0 });
      this.servers.set(server, started);
      this.ports.set(server, started.port);
    }
  }

  /** As superuser: what any tool sees that has the disk. */
  sql<R extends object>(server: ServerName, text: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    return sqlOn<R>(databaseAt(this.url(server), server === 'data' ? DATABASE : new URL(this.keysUrl).pathname.slice(1)), text, values);
  }

  /** Starts the process; returns when it listens, whether or not it serves. */
  async startConsent(): Promise<void> {
    const url = new URL(this.url('data'));
    url.pathname = `/${DATABASE}`;
    url.username = DATABASE;
    url.password = 'test';
    const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', MAIN], {
      env: {
        HEED_PORT: '0', HEED_DATABASE_URL: url.href, HEED_KEYS_DATABASE_URL: this.keysUrl, HEED_KEYS_DIR: this.bed.keysDir,
        KAFKA_BROKERS: testServers().brokers, HEED_TOPIC_PREFIX: this.bed.topicPrefix, HEED_ORIGIN: 'http://127.0.0.1:9', HEED_ISSUER: this.bed.issuer.url,
        HEED_REGISTRY_URL: this.bed.stepUps.url, HEED_CLIENT_ID: 'test', HEED_CLIENT_SECRET: 'test', LOG_LEVEL: 'info', KAFKAJS_NO_PARTITIONER_WARNING: '1',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
    this.port = await eventually(() => Number(/"port":(\d+)[^\n]*"listening"/.exec(log)?.[1] ?? 0) || false, { timeoutMs: 40_000 });
  }

  /** Where the process listens. */
  get serviceUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  token(): Promise<string> {
    return this.bed.issuer.token({ tenant: 'ajuni', roles: ['platform', 'dpo'] });
  }

  /** As a machine that loses its power; `startServers` takes up what its disk has. */
  async killServer(server: ServerName): Promise<void> {
    await this.servers.get(server)?.kill();
    this.servers.delete(server);
  }

  async call(method: 'GET' | 'POST', route: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(`${this.serviceUrl}${route}`, {
      method,
      headers: { authorization: `Bearer ${await this.token()}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  /** Ends the process and both servers, so that their folders are whole. */
  async stopAll(): Promise<void> {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    for (const server of this.servers.values()) await server.stop();
    this.servers.clear();
  }

  async copy(server: ServerName, to: string): Promise<void> {
    await run('cp', ['-a', this.dir(server), path.join(this.folder, to)]);
  }

  /** Puts a copy in the server's place; what was there is kept under another name. */
  async swap(server: ServerName, copy: string, keptAs: string): Promise<void> {
    await rename(this.dir(server), path.join(this.folder, keptAs));
    await rename(path.join(this.folder, copy), this.dir(server));
  }

  async end(): Promise<void> {
    await this.stopAll();
    await this.bus.stop();
    await this.bed.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
