import { FileKek } from '@heed/crypto';
import { applyTopics, createKafka, Publisher } from '@heed/kafka';
import { cloudEventHeaders, systemClock } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import { FieldVault } from '@heed/key-store';
import { startKafka, startPostgres } from '@heed/local';
import type { EmbeddedKafka, EmbeddedPostgres } from '@heed/local';
import { Database } from '@heed/persistence';
import { loadSamplePack } from '@heed/policy';
import { eventually, testIssuer, TestKeys, TestStores } from '@heed/testing';
import type { TestIssuer } from '@heed/testing';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const checkout = path.resolve(import.meta.dirname, '../../../..');
const program = (name: 'migrate' | 'main'): string => path.join(checkout, 'services/consent/dist', `${name}.js`);

export const TENANT = 'ajuni';
/** As an operator's small server is set, not as a laptop's. */
const SETTINGS = ['shared_buffers=1GB', 'max_wal_size=8GB', 'checkpoint_timeout=15min', 'wal_compression=pglz', 'track_io_timing=on'];

/** Consent alone, as a process on durable servers of its own, with one tenant whose stores use two purposes. */
export class ConsentCell {
  private child: ChildProcess | undefined;
  private port = 0;
  private log = '';
  private ownVault: FieldVault | undefined;

  private constructor(
    readonly dir: string,
    readonly postgres: EmbeddedPostgres,
    readonly kafka: EmbeddedKafka,
    readonly issuer: TestIssuer,
    private readonly keys: TestKeys,
    private readonly keysUrl: string,
  ) {}

  static async start(nodeOptions: readonly string[] = []): Promise<ConsentCell> {
    const dir = await mkdtemp(path.join(tmpdir(), 'heed-bench-'));
    await chmod(dir, 0o755); // PostgreSQL runs as its own user
    const postgres = await startPostgres({ dir: path.join(dir, 'postgres'), port: 0, settings: SETTINGS });
    const kafka = await startKafka({ dir: path.join(dir, 'kafka'), port: 0, controllerPort: 0 });
    const keysDir = path.join(dir, 'keys');
    const env = { PATH: '/usr/bin:/bin', HEED_DATABASE_ADMIN_URL: postgres.url, HEED_DATABASE_PASSWORD: 'bench', HEED_TENANTS: JSON.stringify([{ id: TENANT, isolation: 'role' }]), HEED_KEYS_DIR: keysDir, LOG_LEVEL: 'warn' };
    await run(process.execPath, [program('migrate')], { env });
    const keys = new TestKeys(keysDir, postgres.url);
    const cell = new ConsentCell(dir, postgres, kafka, await testIssuer(systemClock), keys, await keys.migrated('consent', [TENANT]));
    await cell.prepare();
    await cell.startService(nodeOptions);
    return cell;
  }

  async stop(): Promise<void> {
    await this.stopService();
    await this.ownVault?.close();
    await this.issuer.stop();
    await this.kafka.stop();
    await this.postgres.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get brokers(): string {
    return `127.0.0.1:${this.kafka.port}`;
  }

  /** Superuser URL of consent's database. */
  get adminUrl(): string {
    return this.database('postgres', new URL(this.postgres.url).password);
  }

  /** What the database server writes down. */
  get serverLog(): string {
    return path.join(this.dir, 'postgres.log');
  }

  /** Superuser URL of the keys database. */
  get keysAdminUrl(): string {
    return this.keys.adminUrl;
  }

  get loginUrl(): string {
    return this.database('heed_consent', 'bench');
  }

  token(...roles: readonly string[]): Promise<string> {
    return this.issuer.token({ tenant: TENANT, roles: roles.length > 0 ? roles : ['platform'] });
  }

  /** As superuser, in the tenant's schema. */
  sql<R extends object>(text: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    return query<R>(this.adminUrl, text, values, `t_${TENANT}`);
  }

  keysSql<R extends object>(text: string): Promise<readonly R[]> {
    return query<R>(this.keysAdminUrl, text);
  }

  /** Settings of the server from now on; those of before without any. What its command line says stays. */
  async configure(settings: readonly string[]): Promise<void> {
    await this.sql('ALTER SYSTEM RESET ALL');
    for (const setting of settings) await this.sql(`ALTER SYSTEM SET ${setting}`);
    await this.sql('SELECT pg_reload_conf()');
  }

  /** What was written is on the disk, and nobody writes it behind the next figure's back. */
  async settleDisk(): Promise<void> {
    await this.sql('CHECKPOINT');
    await run('sync');
  }

  /** The service's keys, as another instance of it would have them. */
  vault(): FieldVault {
    this.ownVault ??= new FieldVault({
      service: 'consent', clock: systemClock, kek: new FileKek(this.keys.kekDir), cacheMs: 3_600_000, cacheSize: 1000,
      database: new Database({ url: this.keysUrl, keysDir: path.join(this.dir, 'keys'), clock: systemClock, poolSize: 2 }),
    });
    return this.ownVault;
  }

  /** Resident memory of the service, in MB: now, and the most since it was started. */
  async memory(): Promise<{ readonly now: number; readonly peak: number }> {
    const status = await readFile(`/proc/${this.child?.pid ?? 0}/status`, 'utf8');
    const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
    return { now: of('VmRSS'), peak: of('VmHWM') };
  }

  async startService(nodeOptions: readonly string[] = []): Promise<void> {
    this.log = '';
    const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', ...nodeOptions, program('main')], {
      cwd: this.dir,
      env: {
        PATH: '/usr/bin:/bin', HEED_PORT: '0', HEED_DATABASE_URL: this.loginUrl, HEED_KEYS_DATABASE_URL: this.keysUrl, HEED_KEYS_DIR: path.join(this.dir, 'keys'),
        KAFKA_BROKERS: this.brokers, HEED_ORIGIN: 'http://127.0.0.1:9', HEED_ISSUER: this.issuer.url, HEED_CLIENT_ID: 'bench', HEED_CLIENT_SECRET: 'bench',
        HEED_RATE_LIMIT_TOKEN: '0', HEED_RATE_LIMIT_ADDRESS: '0', LOG_LEVEL: 'info', KAFKAJS_NO_PARTITIONER_WARNING: '1',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    child.stdout.on('data', (chunk: Buffer) => (this.log = (this.log + chunk.toString()).slice(-100_000)));
    this.port = await eventually(() => Number(/"port":(\d+)[^\n]*"listening"/.exec(this.log)?.[1] ?? 0) || false, { timeoutMs: 60_000 });
    await eventually(async () => (await fetch(`${this.url}/readyz`)).ok, { timeoutMs: 60_000 });
    await eventually(() => this.answersChecks(), { timeoutMs: 60_000, everyMs: 500 }); // the policy and the map have come over Kafka
  }

  async stopService(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  private async answersChecks(): Promise<boolean> {
    const subject = { identifiers: [{ type: 'email', value: 'warm@example.org' }] };
    const answer = await fetch(`${this.url}/v1/consents`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await this.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] }),
    });
    if (!answer.ok) throw new Error(`consent is not ready: ${await answer.text()}`);
    return true;
  }

  private database(user: string, password: string): string {
    const url = new URL(this.postgres.url);
    url.pathname = '/heed_consent';
    url.username = user;
    url.password = password;
    return url.href;
  }

  private async prepare(): Promise<void> {
    const kafka = createKafka({ brokers: [this.brokers], clientId: 'bench' });
    await applyTopics(kafka, [TENANT], {});
    const stores = new TestStores(systemClock, ['crm', 'mail-processor']);
    const publisher = new Publisher(kafka);
    await publisher.connect();
    const told: readonly NewEvent<unknown>[] = [stores.policy(TENANT, loadSamplePack(TENANT)), ...stores.mapped(TENANT)];
    for (const { event, topics } of told) {
      await publisher.publish(topics.map((topic) => ({ topic, key: event.key, value: JSON.stringify(event.data), headers: cloudEventHeaders(event) })));
    }
    await publisher.disconnect();
  }
}

async function query<R extends object>(url: string, text: string, values: readonly unknown[] = [], searchPath?: string): Promise<readonly R[]> {
  const client = new pg.Client({ connectionString: url, ...(searchPath === undefined ? {} : { options: `-c search_path=${searchPath}` }) });
  await client.connect();
  try {
    return (await client.query<R>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}
