import { createServer, type Server } from 'node:http';
import Provider, { type StoredClient } from 'oidc-provider';
import { heedClaims, LONGEST_TOKEN_SECONDS, type IssuerClient } from './clients.js';
import { SecretCheck } from './secret-check.js';
import type { IssuerKeys } from './signing-key.js';
import { NothingStored } from './token-store.js';

export interface IssuerOptions {
  readonly url: string;
  readonly audience: string;
  readonly clients: readonly IssuerClient[];
  readonly keys: IssuerKeys;
  /** Handed a function by which other clients take the place of these: a tenant that is made needs no restart. */
  readonly onChange?: (replace: (clients: readonly IssuerClient[]) => void) => void;
}

type Answer = ReturnType<Provider['callback']>;

/** An OpenID Connect issuer for machines and the command line of one computer: client credentials and nothing else. */
export function makeIssuer(options: IssuerOptions): Server {
  let answer = answerOf(options);
  options.onChange?.((clients) => (answer = answerOf({ ...options, clients })));
  return createServer((request, response) => {
    if (request.url === '/readyz' || request.url === '/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
      return;
    }
    answer(request, response).catch(() => response.destroy());
  });
}

function answerOf(options: IssuerOptions): Answer {
  const roles = [...new Set(options.clients.flatMap((client) => client.roles))];
  const byId = new Map(options.clients.map((client) => [client.id, client]));
  const tokenSeconds = ({ clientId }: { readonly clientId: string }): number => byId.get(clientId)?.tokenSeconds ?? LONGEST_TOKEN_SECONDS;
  const provider = new Provider(options.url, {
    adapter: NothingStored,
    clients: options.clients.map((client) => ({
      client_id: client.id,
      client_secret: client.secretHash,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
      scope: client.roles.join(' '),
    })),
    scopes: roles,
    jwks: { keys: [options.keys.signing] },
    cookies: { keys: [options.keys.cookie] },
    responseTypes: [],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    ttl: { ClientCredentials: (_context, _token, client) => tokenSeconds(client) },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:heed:api',
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, _resource, client) => ({
          scope: roles.join(' '),
          audience: options.audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: tokenSeconds(client),
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    extraTokenClaims: (_context, token) => heedClaims(byId.get(token.clientId ?? ''), token.scope),
  });
  const secrets = new SecretCheck();
  provider.Client.prototype.compareClientSecret = function (this: StoredClient, actual: string): Promise<boolean> {
    return secrets.matches(this.clientSecret, actual);
  };
  return provider.callback();
}
