import { HeedError, unavailable } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from 'jose';
import { ROLES } from './roles.js';
import type { Role } from './roles.js';

/** Who calls. `tenant` is empty for Heed's own services, which name it in a header. */
export interface Principal {
  readonly subject: string;
  readonly tenant: string | undefined;
  readonly roles: readonly Role[];
}

export interface VerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
}

/** RFC 6749 leaves it open; access tokens that live longer are refused whoever signed them. */
const MAX_LIFETIME_SECONDS = 15 * 60;
const SKEW_SECONDS = 30;
const CACHE_SIZE = 5000;
/** The issuer's keys are asked for anew this often, and for an unknown key id at most once in `UNKNOWN_KEY_MS`. */
const KEYS_FRESH_MS = 10 * 60_000;
const UNKNOWN_KEY_MS = 5_000;

/** Verifies OIDC access tokens against the issuer's rotating keys; a token verified once is remembered until it expires. */
export class TokenVerifier {
  private keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  /** As last read: they serve on while the issuer is away. */
  private known: JSONWebKeySet | undefined;
  private readonly cache = new Map<string, { principal: Principal; until: number }>();

  constructor(private readonly options: VerifierOptions) {}

  /** @throws HeedError `token_missing`, `token_expired`, `token_invalid` (401) or `issuer_unavailable` (503) */
  async verify(authorization: string | undefined): Promise<Principal> {
    const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/.exec(authorization ?? '')?.[1];
    if (!token) throw unauthenticated('token_missing', 'Send a token: Authorization: Bearer <access token>.');
    const now = this.options.clock.now().getTime() / 1000;
    const known = this.cache.get(token);
    if (known && known.until > now) return known.principal;
    const payload = await this.check(token).catch((error: unknown) => {
      throw refusalOf(error);
    });
    const principal = principalOf(payload);
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    this.cache.set(token, { principal, until: payload.exp ?? 0 });
    return principal;
  }

  private async check(token: string): Promise<JWTPayload> {
    try {
      this.keys ??= createRemoteJWKSet(await jwksUri(this.options.issuer), { cacheMaxAge: KEYS_FRESH_MS, cooldownDuration: UNKNOWN_KEY_MS });
      const payload = await this.checkWith(this.keys, token);
      this.known = this.keys.jwks() ?? this.known;
      return payload;
    } catch (error) {
      if (!isAway(error) || !this.known) throw error;
      return await this.checkWith(createLocalJWKSet(this.known), token).catch((refusal: unknown) => {
        // Unknown among the keys of before, while nobody can be asked about new ones.
        throw refusal instanceof errors.JWKSNoMatchingKey ? error : refusal;
      });
    }
  }

  private async checkWith(keys: JWTVerifyGetKey, token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys, {
      issuer: this.options.issuer,
      audience: this.options.audience,
      clockTolerance: SKEW_SECONDS,
      currentDate: this.options.clock.now(),
      requiredClaims: ['exp', 'iat'],
      maxTokenAge: MAX_LIFETIME_SECONDS, // one from the future is refused with it
      algorithms: ['EdDSA', 'ES256', 'RS256', 'PS256'],
    });
    if ((payload.exp ?? 0) - (payload.iat ?? 0) > MAX_LIFETIME_SECONDS) throw unauthenticated('token_invalid', 'The token lives longer than 15 minutes.');
    return payload;
  }
}

/** The issuer, not the token, is why there is no answer. */
const isAway = (error: unknown): boolean => !(error instanceof HeedError) && (!(error instanceof errors.JOSEError) || isUnreadable(error));

/** What jose throws for a key endpoint that is late or answers something else than keys: its own base class, with these codes. */
const isUnreadable = (error: errors.JOSEError): boolean => ['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID'].includes(error.code);

function refusalOf(error: unknown): HeedError {
  if (error instanceof HeedError) return error;
  if (isAway(error)) return unavailable('issuer_unavailable', 'The token issuer is not answering; try again.', error);
  // Only a token that is right in everything else is called expired: its signature is checked first.
  if (error instanceof errors.JWTExpired) return unauthenticated('token_expired', 'The token has expired: get a new one from the issuer; they live 15 minutes at most.');
  return unauthenticated('token_invalid', 'The token is not for Heed, or not signed by its issuer.');
}

function unauthenticated(code: string, detail: string): HeedError {
  return new HeedError({ kind: 'unauthenticated', code, detail });
}

function principalOf(payload: JWTPayload): Principal {
  const roles = Array.isArray(payload['roles']) ? payload['roles'] : [];
  const tenant = payload['tenant'];
  return {
    subject: payload.sub ?? '',
    tenant: typeof tenant === 'string' && tenant ? tenant : undefined,
    roles: ROLES.filter((role) => roles.includes(role)),
  };
}

async function discover(issuer: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`discovery answered ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

async function jwksUri(issuer: string): Promise<URL> {
  const uri = (await discover(issuer))['jwks_uri'];
  if (typeof uri !== 'string') throw new Error('discovery names no jwks_uri');
  return new URL(uri);
}

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
