import type { HeedError } from '@heed/kernel';
import type { FastifyInstance } from 'fastify';

/** What tells how the service is, or what it would answer: it needs no table. */
const ANSWERED_ANYWAY: readonly (string | undefined)[] = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/docs/:asset'];

/** Before anything else is looked at: who may call is of no interest while nobody is served. */
export function refuseWhileClosed(fastify: FastifyInstance, closed: (() => HeedError | undefined) | undefined): void {
  if (!closed) return;
  fastify.addHook('onRequest', async (request) => {
    const refusal = ANSWERED_ANYWAY.includes(request.routeOptions.url) ? undefined : closed();
    if (refusal) throw refusal;
  });
}
