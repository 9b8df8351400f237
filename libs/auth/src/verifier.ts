import { HeedError, unavailable } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from 'jose';
import { jwksUri } from './discovery.js';
import { identityOf } from './identity.js';
import type { Identity, Principal } from './identity.js';
import { RefusedTokens } from './refused-tokens.js';
import { MAX_LIFETIME_SECONDS } from './tenant-rules.js';
import type { RulesSource, TenantRules } from './tenant-rules.js';

export interface VerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
  /** Lifetimes and revocations by tenant; without it tokens live as long as any may. */
  readonly rules?: RulesSource | undefined;
  /** Told once of each token, when it is verified. */
  readonly seen?: ((identity: Identity) => void) | undefined;
  /** Makes pseudonyms of subjects that name a person; the same in all services. Default: the issuer, which is no secret. */
  readonly subjectKey?: string | undefined;
}

/** A token that the issuer signed for Heed; the tenant may refuse it all the same. */
export interface Verified extends Identity {
  readonly refusal: HeedError | undefined;
}

const SKEW_SECONDS = 30;
const CACHE_SIZE = 5000;
/** The issuer's keys are asked for anew this often, and for an unknown key id at most once in `UNKNOWN_KEY_MS`. */
const KEYS_FRESH_MS = 10 * 60_000;
const UNKNOWN_KEY_MS = 5_000;

interface Known {
  readonly identity: Identity;
  verified: Verified;
  /** What was asked: while the tenant has the same rules, they need not be asked again. */
  rules: TenantRules | undefined;
}

/** Verifies OIDC access tokens against the issuer's rotating keys; a token verified once is remembered until it expires. */
export class TokenVerifier {
  private keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  /** As last read: they serve on while the issuer is away. */
  private published: JSONWebKeySet | undefined;
  private readonly cache = new Map<string, Known>();
  private readonly refused = new RefusedTokens();

  constructor(private readonly options: VerifierOptions) {}

  /** @throws HeedError `token_missing`, `token_expired`, `token_invalid`, `token_revoked` (401) or `issuer_unavailable` (503) */
  async verify(authorization: string | undefined): Promise<Principal> {
    const { principal, refusal } = await this.inspect(authorization);
    if (refusal) throw refusal;
    return principal;
  }

  /** As `verify`, but where only the tenant refuses the token, it is still said whose it is. */
  async inspect(authorization: string | undefined): Promise<Verified> {
    const token = bearer(authorization);
    if (!token) throw unauthenticated('token_missing', 'Send a token: Authorization: Bearer <access token>.');
    const known = this.lookUp(token) ?? (await this.admit(token));
    const { tenant } = known.identity.principal;
    let rules = tenant && this.options.rules ? this.options.rules.of(tenant) : undefined;
    if (rules instanceof Promise) rules = await rules;
    if (rules && rules !== known.rules) {
      known.verified = judged(known.identity, rules);
      known.rules = rules;
    }
    return known.verified;
  }

  /** Whether this token was verified before: no caller who holds one is made to wait for those who guess. */
  knows(authorization: string | undefined): boolean {
    const token = bearer(authorization);
    return token !== undefined && this.lookUp(token) !== undefined;
  }

  /** A short name of a token that was just refused, so that who sends it again and again can be told from their neighbours. */
  refusedBefore(authorization: string | undefined): string | undefined {
    const token = bearer(authorization);
    return token && this.refused.find(token)?.name;
  }

  private lookUp(token: string): Known | undefined {
    const known = this.cache.get(token);
    return known && known.identity.expiresAt * 1000 > this.options.clock.now().getTime() ? known : undefined;
  }

  private async admit(token: string): Promise<Known> {
    const before = this.refused.find(token);
    if (before) throw before.refusal;
    const payload = await this.check(token).catch((error: unknown) => {
      const refusal = refusalOf(error);
      if (refusal.kind === 'unauthenticated') this.refused.keep(token, refusal);
      throw refusal;
    });
    const identity = identityOf(payload, this.options.subjectKey ?? this.options.issuer);
    const known: Known = { identity, verified: { ...identity, refusal: undefined }, rules: undefined };
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    this.cache.set(token, known);
    this.options.seen?.(identity);
    return known;
  }

  private async check(token: string): Promise<JWTPayload> {
    try {
      this.keys ??= createRemoteJWKSet(await jwksUri(this.options.issuer), { cacheMaxAge: KEYS_FRESH_MS, cooldownDuration: UNKNOWN_KEY_MS });
      const payload = await this.checkWith(this.keys, token);
      this.published = this.keys.jwks() ?? this.published;
      return payload;
    } catch (error) {
      if (!isAway(error) || !this.published) throw error;
      return await this.checkWith(createLocalJWKSet(this.published), token).catch((refusal: unknown) => {
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
    if ((payload.exp ?? 0) - (payload.iat ?? 0) > MAX_LIFETIME_SECONDS) throw tooLong(MAX_LIFETIME_SECONDS);
    return payload;
  }
}

/** What the tenant's rules leave of a token. */
function judged(identity: Identity, rules: TenantRules): Verified {
  const { principal } = identity;
  if (identity.expiresAt - identity.issuedAt > rules.lifetimeSeconds) return { ...identity, refusal: tooLong(rules.lifetimeSeconds) };
  if (rules.isRevoked(identity)) {
    return { ...identity, refusal: unauthenticated('token_revoked', 'This token was revoked: sign in again, or ask an administrator of the tenant.') };
  }
  const withdrawn = rules.withdrawnFrom(identity.holderId);
  if (withdrawn.length === 0) return { ...identity, refusal: undefined };
  return { ...identity, principal: { ...principal, roles: principal.roles.filter((role) => !withdrawn.includes(role)) }, refusal: undefined };
}

const tooLong = (seconds: number): HeedError =>
  unauthenticated('token_invalid', `The token lives longer than ${seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`}, which is the most that is taken here.`);

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

function bearer(authorization: string | undefined): string | undefined {
  return /^Bearer ([A-Za-z0-9._~+/-]+=*)$/.exec(authorization ?? '')?.[1];
}
