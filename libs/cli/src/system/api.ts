import { STEP_UP_HEADER } from '@heed/auth';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { readCliConfig } from '../cli.config.js';
import { CliError } from '../output/cli-error.js';
import { runningSystem } from './running-system.js';
import { problemLine } from './problem-line.js';
import { streamCall } from './stream-call.js';
import { localToken } from './token.js';

/** Calls to the public origin in the name of one tenant. */
export class Api {
  constructor(
    readonly origin: string,
    private readonly token: string,
  ) {}

  async get<T>(path: string): Promise<T> {
    return (await (await this.#call(path, {})).json()) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return (await this.send<T>(path, body)).body;
  }

  /** A privileged act, with the proof of presence for it. */
  async act<T>(path: string, body: unknown, stepUpToken: string): Promise<T> {
    return (await this.send<T>(path, body, { [STEP_UP_HEADER]: stepUpToken })).body;
  }

  /** A POST whose status matters too; a text is sent as YAML. */
  async send<T>(path: string, body: unknown, more: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly body: T }> {
    const answer = await this.#call(path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: {
        'content-type': typeof body === 'string' ? 'application/yaml' : 'application/json',
        'idempotency-key': randomUUID(),
        ...more,
      },
    });
    return { status: answer.status, body: (await answer.json()) as T };
  }

  /** The same resource as people read it. */
  async page(path: string): Promise<string> {
    return (await this.#call(path, {}, 'text/html')).text();
  }

  /** A call whose answer, and body if there is one, are NDJSON of any length. */
  stream(path: string, body?: Readable): Promise<IncomingMessage> {
    return streamCall({ url: new URL(path, this.origin), token: this.token, body });
  }

  async #call(path: string, init: RequestInit, accept = 'application/json'): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${this.token}`, accept };
    let answer: Response;
    try {
      answer = await fetch(new URL(path, this.origin), { ...init, headers, signal: AbortSignal.timeout(30_000) });
    } catch (cause) {
      throw new CliError(`${this.origin} does not answer: see "heed status".`, { cause });
    }
    if (!answer.ok) throw new CliError(problemLine(answer.status, await answer.text()));
    return answer;
  }
}

/** `heed` against its own embedded system, or against the one that HEED_ORIGIN and HEED_TOKEN name. */
export async function connect(tenant: string, roles: readonly string[]): Promise<Api> {
  const { remote } = readCliConfig();
  if (remote !== undefined) return new Api(remote.origin, remote.token);
  return new Api(runningSystem().origin, await localToken(tenant, roles));
}
