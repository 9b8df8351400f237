import { ClientCredentials, STEP_UP_HEADER } from '@heed/auth';
import { createKafka } from '@heed/kafka';
import type { Kafka } from '@heed/kafka';
import { fetchLocalToken, localConfigWith, LocalSystem, stepUpLocally } from '@heed/local';
import { databaseAt, eventually, guardedActOf, sqlOn } from '@heed/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export { ClientCredentials };

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const EVERYBODY = ['platform', 'analyst', 'dpo', 'tenant-admin', 'operator', 'auditor'];

/** The whole system as `npm start` runs it, in a folder of its own, and what a stranger can see of it. */
export class Heed {
  private readonly tokens = new Map<string, { token: string; until: number }>();

  private constructor(
    readonly system: LocalSystem,
    readonly home: string,
  ) {}

  /** @param env added to every one of Heed's programs */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<Heed> {
    const home = await mkdtemp(path.join(tmpdir(), 'heed-e2e-'));
    const system = new LocalSystem({ ...localConfigWith(env), home, portBase: 0, restartCrashed: false, env: { LOG_LEVEL: 'info', ...env } });
    await system.start();
    return new Heed(system, home);
  }

  async stop(): Promise<void> {
    await this.system.stop();
    await rm(this.home, { recursive: true, force: true });
  }

  get kafka(): Kafka {
    return createKafka({ ...this.system.context.kafka.admin, clientId: 'stranger' });
  }

  async token(tenant: string): Promise<string> {
    const known = this.tokens.get(tenant);
    if (known && known.until > Date.now()) return known.token;
    const token = await fetchLocalToken(this.system.home, this.system.context.issuer, tenant, EVERYBODY);
    this.tokens.set(tenant, { token, until: Date.now() + 240_000 });
    return token;
  }

  /** A token for a privileged act, by the software key of the tenant's command line. */
  async stepUp(tenant: string, act: string, resource: string): Promise<string> {
    const { home, context } = this.system;
    return (await stepUpLocally({ home, origin: context.origin, issuer: context.issuer }, tenant, { act, resource })).token;
  }

  /** Acts that need a step-up get a fresh one, unless the headers have one. */
  async call(tenant: string, method: 'GET' | 'POST', route: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const guarded = STEP_UP_HEADER in headers ? undefined : guardedActOf(`${method} ${route}`);
    const response = await fetch(this.system.origin + route, {
      method,
      signal: AbortSignal.timeout(20_000),
      headers: {
        authorization: `Bearer ${await this.token(tenant)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(guarded ? { [STEP_UP_HEADER]: await this.stepUp(tenant, guarded.act, guarded.resource) } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isObject = text.startsWith('{') && !response.headers.get('content-type')?.includes('ndjson');
    return { status: response.status, body: isObject ? (JSON.parse(text) as Record<string, unknown>) : { text } };
  }

  /** Calls as a careful client does: the same Idempotency-Key again until there is an answer that is not a 5xx. */
  async insist(tenant: string, route: string, body: unknown, key: string, timeoutMs = 90_000): Promise<Answer> {
    return eventually(
      async () => {
        const answer = await this.call(tenant, 'POST', route, body, { 'idempotency-key': key });
        if (answer.status >= 500) throw new Error(`answered ${answer.status}`);
        return answer;
      },
      { timeoutMs, everyMs: 200 },
    );
  }

  /** A statement in a tenant's sample store, over a connection of its own: what an audit reads. */
  store<R extends object>(tenant: string, store: 'crm' | 'telemetry', text: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    return sqlOn<R>(databaseAt(this.system.context.postgresUrl, `${store}_${tenant}`), text, values);
  }

  /** Waits until a dispatch is in a state; the failure shows its targets. */
  async dispatchIs(tenant: string, id: string, state: string, timeoutMs = 60_000): Promise<Answer> {
    return eventually(
      async () => {
        const answer = await this.call(tenant, 'GET', `/v1/dispatches/${id}`);
        if (answer.body['state'] !== state) throw new Error(`dispatch ${id}: ${JSON.stringify(answer.body)}`);
        return answer;
      },
      { timeoutMs, everyMs: 100 },
    );
  }

  async requestIs(tenant: string, id: string, state: string, timeoutMs = 60_000): Promise<Answer> {
    return eventually(
      async () => {
        const answer = await this.call(tenant, 'GET', `/v1/requests/${id}`);
        if (answer.body['state'] !== state) throw new Error(`request ${id}: ${JSON.stringify(answer.body)}`);
        return answer;
      },
      { timeoutMs, everyMs: 100 },
    );
  }
}

export const byEmail = (email: string): { identifiers: { type: string; value: string }[] } => ({ identifiers: [{ type: 'email', value: email }] });
