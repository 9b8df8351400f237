import type { FastifyInstance } from 'fastify';
import { templateOf } from './document.js';
import type { OpenApiDocument } from './document.js';

/**
 * Compares what the router has with what the document says, when the service starts: neither a route that nobody was told
 * of nor one that was only told of is ever served.
 */
export function serveOnlyWhatIsDescribed(fastify: FastifyInstance, { paths }: OpenApiDocument): void {
  const described = new Set(Object.entries(paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)));
  const served = new Set<string>();
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) served.add(`${one} ${templateOf(url)}`);
  });
  fastify.addHook('onReady', async () => {
    const unknown = [...served].filter((route) => !described.has(route));
    if (unknown.length > 0) throw new Error(`served, but not described: ${unknown.join(', ')}`);
    const missing = [...described].filter((route) => !served.has(route));
    if (missing.length > 0) throw new Error(`described, but not served: ${missing.join(', ')}`);
  });
}
