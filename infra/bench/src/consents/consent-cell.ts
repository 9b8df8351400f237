import { applyTopics, createKafka, Publisher } from '@heed/kafka';
import { cloudEventHeaders, systemClock } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import { startKafka, startPostgres } from '@heed/local';
import type { EmbeddedKafka, EmbeddedPostgres } from '@heed/local';
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

  private constructor(
    readonly dir: string,
    readonly postgres: EmbeddedPostgres,
    readonly kafka: EmbeddedKafka,
    readonly issuer: TestIssuer,
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
    const keysUrl = await new TestKeys(keysDir, postgres.url).migrated('consent', [TENANT]);
    const cell = new ConsentCell(dir, postgres, kafka, await testIssuer(systemClock), keysUrl);
    await cell.prepare();
    await cell.startService(nodeOptions);
    return cell;
  }

  async stop(): Promise<void> {
    await this.stopService();
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

  get loginUrl(): string {
    return this.database('heed_consent', 'bench');
  }

  token(...roles: readonly string[]): Promise<string> {
    return this.issuer.token({ tenant: TENANT, roles: roles.length > 0 ? roles : ['platform'] });
  }

  async sql<R extends object>(text: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    const client = new pg.Client({ connectionString: this.adminUrl });
    await client.connect();
    try {
      return (await client.query<R>(`SET search_path = t_${TENANT}`).then(() => client.query<R>(text, [...values]))).rows;
    } finally {
      await client.end();
    }
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
    await eventually(() => this.answersChecks(), { timeoutMs: 12_000, everyMs: 500 }); // the policy and the map have come over Kafka
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
