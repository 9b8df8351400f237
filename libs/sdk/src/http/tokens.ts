import { Unauthenticated, Unavailable } from '../errors.js';

/** A token, whoever hands it out, or a machine's own credentials. */
export type Credentials =
  | { readonly token: string | (() => string | Promise<string>) }
  | { readonly issuer: string; readonly clientId: string; readonly clientSecret: string };

const EARLY_MS = 60_000;
const TIMEOUT_MS = 5000;

export interface Tokens {
  get(): Promise<string>;
  /** It was not accepted, though it has not expired: its session was ended, or the issuer has other keys. */
  refused(token: string): void;
}

/** Has a token ready; of credentials one is fetched a minute before the last expires, or when that is refused. */
export function tokensOf(credentials: Credentials, send: typeof fetch): Tokens {
  if ('token' in credentials) {
    const { token } = credentials;
    return { get: async () => (typeof token === 'string' ? token : token()), refused: () => undefined };
  }
  let kept: { readonly value: string; readonly until: number } | undefined;
  let asking: Promise<string> | undefined;
  return {
    get: async () => {
      if (kept && kept.until > Date.now() + EARLY_MS) return kept.value;
      asking ??= ask(credentials, send)
        .then((fresh) => (kept = fresh).value)
        .finally(() => (asking = undefined));
      return asking;
    },
    refused: (token) => {
      if (kept?.value === token) kept = undefined;
    },
  };
}

async function ask(
  { issuer, clientId, clientSecret }: Extract<Credentials, { clientId: string }>, send: typeof fetch,
): Promise<{ value: string; until: number }> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const found = await send(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, { signal });
    const { token_endpoint: endpoint } = (await found.json()) as { token_endpoint: string };
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64');
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const answer = await send(endpoint, { method: 'POST', signal, headers: { authorization: `Basic ${basic}` }, body });
    if (answer.status === 400 || answer.status === 401) {
      throw new Unauthenticated(`The issuer does not accept the credentials of ${clientId}.`, { code: 'credentials_refused', retriable: false, status: answer.status });
    }
    if (!answer.ok) throw new Error(`the issuer answered ${answer.status}`);
    const { access_token: value, expires_in: seconds = 300 } = (await answer.json()) as { access_token: string; expires_in?: number };
    return { value, until: Date.now() + seconds * 1000 };
  } catch (error) {
    if (error instanceof Unauthenticated) throw error;
    throw new Unavailable('No token could be had from the issuer.', { code: 'issuer_unavailable', retriable: true, cause: error });
  }
}
