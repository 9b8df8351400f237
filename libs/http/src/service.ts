import { TokenVerifier } from '@heed/auth';
import { HeedError } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { collectProcessMetrics, httpDuration, metrics, openSpan, SpanKind } from '@heed/observability';
import type { Logger } from '@heed/observability';
import { NestFactory } from '@nestjs/core';
import type { DynamicModule, Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { guardAccess } from './access.js';
import { parseJson } from './body.js';
import { ProblemFilter, sendProblem } from './problem.js';

/** Largest body in bytes. */
export const BODY_LIMIT = 1024 * 1024;

export interface HttpServiceOptions {
  readonly service: string;
  readonly module: Type | DynamicModule;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names what is not ready; empty when all is. */
  readonly notReady: () => Promise<readonly string[]>;
}

/** A Nest application on Fastify with problem details, access by role, health, readiness, metrics and a span per call. */
export async function createHttpService(options: HttpServiceOptions): Promise<NestFastifyApplication> {
  const { logger } = options;
  const adapter = new FastifyAdapter({ bodyLimit: BODY_LIMIT, trustProxy: 'loopback', forceCloseConnections: 'idle', exposeHeadRoutes: false });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(['application/json'], { parseAs: 'buffer' }, async (_: unknown, body: Buffer) =>
    body.length === 0 ? undefined : parseJson(body),
  );
  fastify.addContentTypeParser(['application/yaml', 'text/plain', 'application/x-www-form-urlencoded'], { parseAs: 'string' }, async (_: unknown, body: string) => body);
  fastify.addHook('onRequest', async (request) => {
    const incoming = request.headers['traceparent'];
    request.span = openSpan(`${request.method} ${request.routeOptions.url ?? 'unknown'}`, {
      kind: SpanKind.SERVER,
      traceparent: typeof incoming === 'string' ? incoming : undefined,
    });
  });
  guardAccess(fastify, new TokenVerifier(options));
  fastify.addHook('onResponse', async (request, reply) => {
    request.span?.end(reply.statusCode >= 500);
    httpDuration.observe({ route: request.routeOptions.url ?? 'unknown', status: reply.statusCode }, reply.elapsedTime / 1000);
  });

  const app = await NestFactory.create<NestFastifyApplication>(options.module, adapter, { bodyParser: false, logger: ['error', 'warn'] });
  app.useGlobalFilters(new ProblemFilter(logger));
  collectProcessMetrics(options.service);
  fastify.get('/healthz', async () => ({ status: 'alive' }));
  fastify.get('/metrics', async (_, reply) => reply.header('content-type', metrics.contentType).send(await metrics.metrics()));
  fastify.get('/readyz', async (_, reply) => {
    const missing = await options.notReady();
    if (missing.length === 0) return { status: 'ready' };
    const error = new HeedError({ kind: 'unavailable', code: 'not_ready', detail: `Not ready: ${missing.join(', ')}.` });
    return sendProblem(reply, error, logger);
  });
  return app;
}
