import { errorOf, HeedError, Unavailable } from '../errors.js';
import type { Tokens } from './tokens.js';

export interface ApiClientOptions {
  readonly origin: string;
  readonly tokens: Tokens;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
}

/** Calls of Heed's HTTP interface: JSON in and out, problems as typed errors. */
export class ApiClient {
  constructor(private readonly options: ApiClientOptions) {}

  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  /** @param idempotencyKey the same key and body have their effect once */
  post<T>(path: string, body: unknown, idempotencyKey?: string): Promise<T> {
    return this.call<T>('POST', path, body, idempotencyKey);
  }

  private async call<T>(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<T> {
    const { origin, tokens, timeoutMs, fetch: send } = this.options;
    const token = await tokens.get();
    const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    try {
      const answer = await send(`${origin.replace(/\/$/, '')}${path}`, {
        method, headers, signal: AbortSignal.timeout(timeoutMs), ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (answer.status === 401) tokens.refused(token);
      if (!answer.ok) throw errorOf(answer.status, problemIn(text), answer.headers.get('retry-after'));
      return JSON.parse(text) as T;
    } catch (error) {
      if (error instanceof HeedError) throw error;
      throw new Unavailable('Heed does not answer.', { code: 'origin_unavailable', retriable: true, cause: error });
    }
  }
}

/** What stands before the services may answer in its own words. */
function problemIn(text: string): Parameters<typeof errorOf>[1] {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
