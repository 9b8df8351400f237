import { ClientCredentials } from '@heed/auth';
import type { ServiceEnvironment } from '@heed/config';
import { HeedError, unavailable } from '@heed/kernel';
import type { z } from 'zod';

/** How a call differs from the usual. */
export interface InternalCallOptions {
  readonly traceparent?: string | undefined;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

/** Calls between Heed's own services, with a machine token; the tenant travels in a header that only services may set. */
export class InternalClient {
  private readonly credentials: ClientCredentials;

  constructor(
    private readonly baseUrl: string,
    environment: ServiceEnvironment,
  ) {
    this.credentials = new ClientCredentials({
      issuer: environment.HEED_ISSUER,
      clientId: environment.HEED_CLIENT_ID,
      clientSecret: environment.HEED_CLIENT_SECRET,
      audience: environment.HEED_AUDIENCE,
    });
  }

  /** @throws HeedError kind `unavailable` when the other service is away: the caller's work waits */
  post<S extends z.ZodType>(path: string, tenant: string, body: unknown, answer: S, options: InternalCallOptions = {}): Promise<z.output<S>> {
    return this.call({ method: 'POST', body: JSON.stringify(body) }, path, tenant, answer, options);
  }

  /** @throws HeedError kind `unavailable` when the other service is away */
  get<S extends z.ZodType>(path: string, tenant: string, answer: S, options: InternalCallOptions = {}): Promise<z.output<S>> {
    return this.call({ method: 'GET' }, path, tenant, answer, options);
  }

  private async call<S extends z.ZodType>(
    init: { readonly method: 'GET' | 'POST'; readonly body?: string },
    path: string,
    tenant: string,
    answer: S,
    options: InternalCallOptions,
  ): Promise<z.output<S>> {
    const token = await this.credentials.get();
    let response: Response;
    try {
      response = await fetch(new URL(path, this.baseUrl), {
        ...init,
        signal: AbortSignal.timeout(options.timeoutMs ?? 10_000),
        headers: {
          authorization: `Bearer ${token}`,
          ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
          'x-heed-tenant': tenant,
          ...(options.traceparent ? { traceparent: options.traceparent } : {}),
        },
      });
    } catch (error) {
      throw unavailable('service_unavailable', `The service behind ${path} is not answering.`, error);
    }
    if (response.status >= 500 || response.status === 429) {
      await response.body?.cancel();
      throw unavailable('service_unavailable', `The service behind ${path} answered ${response.status}.`);
    }
    const json: unknown = await response.json();
    if (!response.ok) {
      const code = typeof json === 'object' && json && 'code' in json ? String(json.code) : `http_${response.status}`;
      throw new HeedError({ kind: response.status === 422 ? 'refused' : 'internal', code, detail: `${path} answered ${response.status}.` });
    }
    return answer.parse(json);
  }
}
