import { httpRefused } from '@heed/observability';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyReply {
    /** The code of the problem that was answered. */
    problemCode?: string;
  }
}

/** A call that was refused because of who made it. Nothing of it identifies a person. */
export interface RefusedCall {
  /** @example 'GET /v1/holds/:id' */
  readonly route: string;
  readonly code: string;
  /** Known only where the token was verified. */
  readonly tenant: string | undefined;
  readonly holderId: string | undefined;
}

/** Not known, not allowed, not theirs, too many. */
const REFUSED = new Set([401, 403, 404, 429]);

/** Counts refused attempts, and tells of each. */
export function watchRefusals(fastify: FastifyInstance, tell: (call: RefusedCall) => void = () => undefined): void {
  fastify.addHook('onResponse', async (request, reply) => {
    if (!REFUSED.has(reply.statusCode)) return;
    const { method, url } = request.routeOptions;
    const route = url ? `${String(method)} ${url}` : 'unknown';
    const code = reply.problemCode ?? `http_${reply.statusCode}`;
    httpRefused.inc({ route, code });
    tell({ route, code, tenant: request.tenant, holderId: request.holderId });
  });
}
