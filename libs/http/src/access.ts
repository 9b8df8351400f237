import { ACCESS } from '@heed/auth';
import type { Principal, TokenVerifier, Verified } from '@heed/auth';
import { HeedError, isHeedError, malformed, tenantId } from '@heed/kernel';
import type { OpenSpan } from '@heed/observability';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callerAt, RateLimit } from './rate-limit.js';
import type { RateLimitOptions } from './rate-limit.js';

declare module 'fastify' {
  interface FastifyRequest {
    principal?: Principal;
    /** The tenant that this call is in: the token's, or for Heed's own services the one they name. */
    tenant?: string;
    /** Under which id the tenant knows the caller, where the token says so. */
    holderId?: string;
    /** The session of the caller's token, so that they find their own. */
    sessionId?: string;
    span?: OpenSpan;
  }
}

type Verifier = Pick<TokenVerifier, 'inspect' | 'recall' | 'refusedBefore'>;

/** What is let through; an undefined limit is off. */
export interface AccessLimits {
  /** Calls of one token subject. */
  readonly token?: RateLimitOptions | undefined;
  /** Calls from one address that show no valid token. */
  readonly address?: RateLimitOptions | undefined;
}

/** Asked by machines that watch over the service, all from one address; they cost nothing. */
const PROBES = new Set(['/healthz', '/readyz', '/metrics']);

/** Deny by default: a route is served to the roles that the matrix names, and one that is not in it to nobody. */
export function guardAccess(fastify: FastifyInstance, verifier: Verifier, limits: AccessLimits = {}): void {
  const door = new Door(verifier, limits);
  fastify.addHook('onRequest', async (request) => {
    const route = request.routeOptions.url;
    const allowed = route ? ACCESS[`${request.method === 'HEAD' ? 'GET' : request.method} ${route}`] : 'public'; // no such path: answered as 404
    if (allowed === 'public') return door.letAnybodyIn(request, route);
    const { principal, refusal, holderId, sessionId } = await door.identify(request);
    request.principal = principal;
    request.holderId = holderId;
    request.sessionId = sessionId;
    if (principal.tenant) request.tenant = principal.tenant; // whoever is refused now is refused in their tenant
    if (refusal) {
      door.count(principal, `${holderId} refused`); // a bucket apart: who floods with a revoked token shuts out no good one of theirs
      throw refusal;
    }
    door.count(principal, holderId);
    if (!allowed || !principal.roles.some((role) => allowed.includes(role))) {
      throw new HeedError({ kind: 'forbidden', code: 'role_missing', detail: missingRole(allowed ?? [], principal.roles) });
    }
    request.tenant = tenantOfCall(request, principal);
  });
}

/**
 * Limits by address and by token. Only what shows no valid token counts against an address, and a token that was verified
 * before passes whatever its address did: neighbours of a flood notice nothing until they need a new token, and then have
 * their share of what the address may try. A token that was refused a moment ago has a bucket of its own, so that a
 * program which goes on with an expired one shuts out nobody but itself.
 */
class Door {
  private readonly byToken: RateLimit | undefined;
  private readonly byAddress: RateLimit | undefined;

  constructor(
    private readonly verifier: Verifier,
    { token, address }: AccessLimits,
  ) {
    this.byToken = token && new RateLimit(token);
    this.byAddress = address && new RateLimit(address);
  }

  letAnybodyIn(request: FastifyRequest, route: string | undefined): void {
    if (this.byAddress && !(route && PROBES.has(route))) refuseAfter(this.byAddress.take(callerAt(request.ip)), 'address');
  }

  async identify(request: FastifyRequest): Promise<Verified> {
    const { authorization } = request.headers;
    const { byAddress, verifier } = this;
    const known = verifier.recall(authorization);
    if (known) return known;
    if (!byAddress) return verifier.inspect(authorization);
    const again = verifier.refusedBefore(authorization);
    const caller = again ? `${callerAt(request.ip)} ${again}` : callerAt(request.ip);
    refuseAfter(byAddress.waitOf(caller), 'address');
    try {
      return await verifier.inspect(authorization);
    } catch (error) {
      if (isHeedError(error) && error.kind === 'unauthenticated') byAddress.take(caller);
      throw error;
    }
  }

  /** Heed's own services are not limited: what they ask follows from what others were let in with. */
  count(principal: Principal, caller: string): void {
    if (this.byToken && !principal.roles.includes('service')) refuseAfter(this.byToken.take(caller), 'token');
  }
}

function refuseAfter(ms: number, who: 'address' | 'token'): void {
  if (ms === 0) return;
  const retryAfterSeconds = Math.max(1, Math.ceil(ms / 1000));
  const detail = who === 'token' ? 'More calls than one token subject may make' : 'More calls without a valid token than one address may make';
  throw new HeedError({ kind: 'too_many', code: `${who}_rate_exceeded`, detail: `${detail}; try again in ${retryAfterSeconds} s.`, retryAfterSeconds });
}

/** The matrix is no secret, and without it nobody knows which token to ask for. */
function missingRole(allowed: readonly string[], held: readonly string[]): string {
  const needed = allowed.length === 0 ? 'a role that nobody has' : allowed.length === 1 ? `the role ${allowed[0]}` : `one of the roles ${allowed.join(', ')}`;
  return `This call needs ${needed}; the token has ${held.length === 0 ? 'none' : held.join(', ')}.`;
}

function tenantOfCall(request: FastifyRequest, principal: Principal): string {
  if (principal.tenant) return principal.tenant;
  const named = request.headers['x-heed-tenant'];
  if (principal.roles.includes('service') && typeof named === 'string') {
    const parsed = tenantId.safeParse(named);
    if (parsed.success) return parsed.data;
    throw malformed('tenant_malformed', 'x-heed-tenant is not a tenant id.');
  }
  throw new HeedError({ kind: 'forbidden', code: 'tenant_missing', detail: 'The token names no tenant.' });
}
