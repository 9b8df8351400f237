import { unavailable } from '@heed/kernel';
import { discover } from './discovery.js';

/** A machine's own tokens, by client credentials; fetched again a minute before they expire. */
export class ClientCredentials {
  private token: { value: string; until: number } | undefined;
  private endpoint: string | undefined;

  constructor(private readonly options: { issuer: string; clientId: string; clientSecret: string; audience: string; scope?: string }) {}

  /** @throws HeedError `issuer_unavailable` */
  async get(): Promise<string> {
    if (this.token && this.token.until > Date.now() + 60_000) return this.token.value;
    try {
      this.endpoint ??= String((await discover(this.options.issuer))['token_endpoint']);
      const basic = Buffer.from(`${encodeURIComponent(this.options.clientId)}:${encodeURIComponent(this.options.clientSecret)}`).toString('base64');
      const response = await fetch(this.endpoint, {
        method: 'POST',
        signal: AbortSignal.timeout(5000),
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          ...(this.options.scope ? { scope: this.options.scope } : {}),
        }),
      });
      if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
      const answer = (await response.json()) as { access_token: string; expires_in?: number };
      this.token = { value: answer.access_token, until: Date.now() + (answer.expires_in ?? 300) * 1000 };
      return this.token.value;
    } catch (error) {
      throw unavailable('issuer_unavailable', 'No token could be had from the issuer.', error);
    }
  }
}
