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
  private finding: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  /** As last read: they serve on while the issuer is away. */
  private published: JSONWebKeySet | undefined;
  /** By the whole header, so that a known one is not even taken apart. */
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
    return this.recall(authorization) ?? this.judge(await this.admit(authorization));
  }

  /** What `inspect` says of a token that was verified before; a promise only where the tenant's rules have to be read. */
  recall(authorization: string | undefined): Verified | Promise<Verified> | undefined {
    const known = authorization === undefined ? undefined : this.cache.get(authorization);
    if (!known || known.identity.expiresAt * 1000 <= this.options.clock.now().getTime()) return undefined;
    return this.judge(known);
  }

  /** A short name of a token that was just refused, so that who sends it again and again can be told from their neighbours. */
  refusedBefore(authorization: string | undefined): string | undefined {
    return authorization && this.refused.find(authorization)?.name;
  }

  private judge(known: Known): Verified | Promise<Verified> {
    const { tenant } = known.identity.principal;
    if (!tenant || !this.options.rules) return known.verified;
    const rules = this.options.rules.of(tenant);
    return rules instanceof Promise ? rules.then((read) => judgedBy(read, known)) : judgedBy(rules, known);
  }

  private async admit(authorization = ''): Promise<Known> {
    const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/.exec(authorization)?.[1];
    if (!token) throw unauthenticated('token_missing', 'Send a token: Authorization: Bearer <access token>.');
    const before = this.refused.find(authorization);
    if (before) throw before.refusal;
    const payload = await this.check(token).catch((error: unknown) => {
      const refusal = refusalOf(error);
      if (refusal.kind === 'unauthenticated') this.refused.keep(authorization, refusal);
      throw refusal;
    });
    const identity = identityOf(payload, this.options.subjectKey ?? this.options.issuer);
    const known: Known = { identity, verified: { ...identity, refusal: undefined }, rules: undefined };
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    this.cache.set(authorization, known);
    this.options.seen?.(identity);
    return known;
  }

  private async check(token: string): Promise<JWTPayload> {
    try {
      this.keys ??= await this.findKeys();
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

  /** One question for all who wait: before it is answered nobody can say which tokens are worth one. */
  private findKeys(): Promise<ReturnType<typeof createRemoteJWKSet>> {
    this.finding ??= jwksUri(this.options.issuer)
      .then((uri) => createRemoteJWKSet(uri, { cacheMaxAge: KEYS_FRESH_MS, cooldownDuration: UNKNOWN_KEY_MS }))
      .finally(() => (this.finding = undefined));
    return this.finding;
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

function judgedBy(rules: TenantRules, known: Known): Verified {
  if (rules !== known.rules) {
    known.verified = judged(known.identity, rules);
    known.rules = rules;
  }
  return known.verified;
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
