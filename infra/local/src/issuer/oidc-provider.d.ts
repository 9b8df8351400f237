/** The part of oidc-provider that the local issuer uses; the package ships no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface ResourceServer {
    scope: string;
    audience: string;
    accessTokenFormat: 'jwt';
    accessTokenTTL: number;
    jwt: { sign: { alg: string } };
  }

  export interface IssuedToken {
    clientId?: string;
    scope?: string;
  }

  export interface Configuration {
    adapter: new (name: string) => object;
    clients: readonly Record<string, unknown>[];
    scopes: readonly string[];
    jwks: { keys: readonly object[] };
    cookies: { keys: readonly string[] };
    features: {
      devInteractions: { enabled: boolean };
      clientCredentials: { enabled: boolean };
      resourceIndicators: {
        enabled: boolean;
        defaultResource: () => string;
        useGrantedResource: () => boolean;
        getResourceServerInfo: (context: unknown, resource: string, client: { readonly clientId: string }) => ResourceServer;
      };
    };
    extraTokenClaims: (context: unknown, token: IssuedToken) => Record<string, unknown>;
    responseTypes: readonly string[];
    clientAuthMethods: readonly string[];
    ttl: { ClientCredentials: (context: unknown, token: unknown, client: { readonly clientId: string }) => number };
  }

  /** A client as the provider keeps it: here `clientSecret` is the hash. */
  export interface StoredClient {
    readonly clientSecret: string;
    compareClientSecret(this: StoredClient, actual: string): boolean | Promise<boolean>;
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    readonly Client: { readonly prototype: StoredClient };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }

  export default Provider;
}
