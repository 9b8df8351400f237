import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { acknowledged } from '@heed/contracts-fanout';
import type { Acknowledgement } from '@heed/contracts-fanout';
import { registerStoresBody } from '@heed/contracts-subprocessor-registry';
import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { applyTopics, BatchRunner, createKafka, Publisher } from '@heed/kafka';
import type { Kafka } from '@heed/kafka';
import { makeLogger } from '@heed/observability';
import { eventually, freshTopicPrefix, testServers } from '@heed/testing';
import { stringify } from 'yaml';

const MAIN = path.join(import.meta.dirname, '../../dist/main.js');

/** The agent as it runs in production, a registry and issuer that accept it, and the owners' acknowledgement topics. */
export class AgentBench {
  readonly acknowledgements: Acknowledgement[] = [];
  registered: readonly DataStore[] = [];
  /** Whether every owner of dispatches has what was registered last. */
  active = true;
  private child: ChildProcess | undefined;

  private constructor(
    readonly tenant: string,
    readonly topicPrefix: string,
    readonly kafka: Kafka,
    readonly publisher: Publisher,
    private readonly folder: string,
    private readonly acks: BatchRunner,
    private readonly heed: Server,
  ) {}

  static async open(tenant: string): Promise<AgentBench> {
    const topicPrefix = freshTopicPrefix();
    const kafka = createKafka({ brokers: [testServers().brokers], clientId: 'agent-bench' });
    await applyTopics(kafka, [tenant], { prefix: topicPrefix });
    const publisher = new Publisher(kafka);
    await publisher.connect();
    const folder = await mkdtemp(path.join(tmpdir(), 'heed-agent-'));
    const heed = createServer();
    heed.listen(0, '127.0.0.1');
    await once(heed, 'listening');
    const collected: Acknowledgement[] = [];
    const acks = new BatchRunner({
      kafka,
      groupId: `${topicPrefix}bench`,
      topics: () => Promise.resolve(['consent', 'dsar', 'retention'].map((owner) => `${topicPrefix}heed.acks.${owner}.v1`)),
      handle: (records) => {
        collected.push(...records.map((record) => acknowledged.data.parse(JSON.parse(String(record.value)))));
        return Promise.resolve([]);
      },
      logger: makeLogger('bench', 'fatal'),
    });
    const bench = new AgentBench(tenant, topicPrefix, kafka, publisher, folder, acks, heed);
    Object.defineProperty(bench, 'acknowledgements', { value: collected });
    heed.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(bench.heedAnswers(request.url ?? '', body))));
    });
    acks.start();
    return bench;
  }

  /** Starts the process; returns once it has registered its stores. */
  async start(stores: readonly object[], options: { failpoint?: string; limits?: object } = {}): Promise<void> {
    const file = path.join(this.folder, 'agent.yaml');
    await writeFile(file, stringify({ tenant: this.tenant, stores, ...(options.limits ? { limits: options.limits } : {}) }));
    this.registered = [];
    this.child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', MAIN], {
      env: {
        PATH: process.env['PATH'],
        HEED_AGENT_CONFIG: file,
        KAFKA_BROKERS: testServers().brokers,
        HEED_TOPIC_PREFIX: this.topicPrefix,
        HEED_ORIGIN: this.origin,
        HEED_ISSUER: this.origin,
        HEED_CLIENT_ID: 'agent',
        HEED_CLIENT_SECRET: 'secret',
        HEED_KEYS_DIR: path.join(this.folder, 'keys'),
        KAFKAJS_NO_PARTITIONER_WARNING: '1',
        LOG_LEVEL: 'warn', ...(process.env['AGENT_NODE_OPTIONS'] ? { NODE_OPTIONS: process.env['AGENT_NODE_OPTIONS'] } : {}),
        ...(options.failpoint ? { HEED_FAILPOINT: options.failpoint } : {}),
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    await eventually(() => this.registered.length > 0, { timeoutMs: 30_000 });
  }

  /** Resolves with the signal that ended the process. */
  async ended(): Promise<NodeJS.Signals | null> {
    const { child } = this;
    if (!child) return null;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
    return child.signalCode;
  }

  /** As an operator does who wants new keys. */
  changeKeys(): void {
    this.child?.kill('SIGHUP');
  }

  async stop(): Promise<number | null> {
    this.child?.kill('SIGTERM');
    await this.ended();
    return this.child?.exitCode ?? null;
  }

  /** The latest acknowledgement of a dispatch. */
  acknowledgement(dispatchId: string, dataStore: string): Promise<Acknowledgement> {
    return eventually(
      () => {
        const found = this.acknowledgements.findLast(({ body }) => body.dispatchId === dispatchId && body.dataStore === dataStore);
        if (!found) throw new Error(`no acknowledgement of ${dispatchId} by ${dataStore}`);
        return found;
      },
      { timeoutMs: 30_000 },
    );
  }

  async close(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.ended();
    await this.acks.stop();
    await this.publisher.disconnect();
    this.heed.close();
  }

  private get origin(): string {
    const address = this.heed.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  private heedAnswers(url: string, body: string): unknown {
    if (url === '/.well-known/openid-configuration') return { token_endpoint: `${this.origin}/token` };
    if (url === '/token') return { access_token: 'token' };
    this.registered = registerStoresBody.parse(JSON.parse(body)).stores;
    return { mapVersion: 2, activeMapVersion: this.active ? 2 : 1 };
  }
}
