import { ACCESS } from '@heed/auth';
import type { Principal, TokenVerifier } from '@heed/auth';
import { HeedError, malformed, tenantId } from '@heed/kernel';
import type { OpenSpan } from '@heed/observability';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    principal?: Principal;
    /** The tenant that this call is in: the token's, or for Heed's own services the one they name. */
    tenant?: string;
    span?: OpenSpan;
  }
}

/** Deny by default: a route is served to the roles that the matrix names, and one that is not in it to nobody. */
export function guardAccess(fastify: FastifyInstance, verifier: TokenVerifier): void {
  fastify.addHook('onRequest', async (request) => {
    const route = request.routeOptions.url;
    if (!route) return; // no such path: answered as 404
    const allowed = ACCESS[`${request.method === 'HEAD' ? 'GET' : request.method} ${route}`];
    if (allowed === 'public') return;
    const principal = await verifier.verify(request.headers.authorization);
    if (!allowed || !principal.roles.some((role) => allowed.includes(role))) {
      throw new HeedError({ kind: 'forbidden', code: 'role_missing', detail: missingRole(allowed ?? [], principal.roles) });
    }
    request.principal = principal;
    request.tenant = tenantOfCall(request, principal);
  });
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
