import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { unavailable } from '@heed/kernel';
import { kekUnavailable } from '../kek-provider.js';

export interface KmsSettings {
  readonly url: string;
  /** Where the transit engine is mounted. */
  readonly mount: string;
  readonly namespace?: string | undefined;
  /** Read at every call: whoever renews the token writes it there. */
  readonly tokenFile: string;
  /** PEM of the authority of the KMS's certificate. */
  readonly ca?: string | undefined;
  readonly timeoutMs: number;
}

export interface KmsAnswer {
  readonly status: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** What the KMS says is wrong. */
  readonly errors: string;
}

/** Pauses before the second and third try. */
const PAUSES_MS = [100, 400];

/** Speaks HTTP with a KMS of Vault's API. A call that may be said twice is tried three times, within one time-out. */
export class KmsClient {
  private readonly agent: HttpAgent;
  private readonly secure: boolean;

  constructor(private readonly settings: KmsSettings) {
    this.secure = new URL(settings.url).protocol === 'https:';
    const ca = settings.ca === undefined ? {} : { ca: settings.ca };
    this.agent = this.secure ? new HttpsAgent({ keepAlive: true, ...ca }) : new HttpAgent({ keepAlive: true });
  }

  /** In the transit engine. @param once what must not be done twice: it is not tried again */
  async call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object, once = false): Promise<KmsAnswer> {
    const signal = AbortSignal.timeout(this.settings.timeoutMs);
    for (const pause of once ? [undefined] : [...PAUSES_MS, undefined]) {
      const answer = await this.try(method, path, body, signal);
      if (!(answer instanceof Error)) return answer;
      if (pause === undefined || signal.aborted) throw kekUnavailable(`The KMS at ${this.settings.url}`, answer);
      await sleep(pause);
    }
    throw kekUnavailable(`The KMS at ${this.settings.url}`);
  }

  close(): void {
    this.agent.destroy();
  }

  /** What went wrong, where it may go well the next time. */
  private async try(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<KmsAnswer | Error> {
    let answer: KmsAnswer;
    try {
      answer = await this.once(method, `${this.settings.mount}/${path}`, body, signal);
    } catch (error) {
      return error instanceof Error ? error : new Error('unknown');
    }
    if (answer.status === 403) throw unavailable('kek_unavailable', `The KMS at ${this.settings.url} refuses the token: see its policy, and what renews HEED_KEK_TOKEN_FILE.`);
    return answer.status >= 500 || answer.status === 429 ? new Error(`answered ${answer.status}`) : answer;
  }

  private async once(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<KmsAnswer> {
    const token = (await readFile(this.settings.tokenFile, 'utf8')).trim();
    const { namespace } = this.settings;
    const headers = { 'x-vault-token': token, 'x-vault-request': 'true', ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }) };
    const target = new URL(`/v1/${path}`, this.settings.url);
    return new Promise((resolve, reject) => {
      const request = (this.secure ? httpsRequest : httpRequest)(target, { method, headers, agent: this.agent, signal }, (response) => {
        text(response).then((said) => resolve({ status: response.statusCode ?? 0, ...parsed(said) }), reject);
      });
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function parsed(said: string): { data: Readonly<Record<string, unknown>>; errors: string } {
  const json: unknown = said.startsWith('{') ? JSON.parse(said) : {};
  const { data, errors } = json as { data?: Record<string, unknown> | null; errors?: readonly unknown[] };
  return { data: data ?? {}, errors: (errors ?? []).map(String).join('; ') };
}
