import { StepUpVerifier, TokenVerifier } from '@heed/auth';
import type { StepUpVerifierOptions, VerifierOptions } from '@heed/auth';
import { HeedError } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { collectProcessMetrics, httpDuration, metrics, openSpan, SpanKind } from '@heed/observability';
import type { Logger } from '@heed/observability';
import { NestFactory } from '@nestjs/core';
import type { DynamicModule, Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SecureContextOptions } from 'node:tls';
import { guardAccess } from './access.js';
import type { AccessLimits } from './access.js';
import { parseJson } from './body.js';
import { fingerprintUnder } from './fingerprint.js';
import { describeApi } from './openapi/document.js';
import type { ApiDescription } from './openapi/document.js';
import { serveOnlyWhatIsDescribed } from './openapi/only-described.js';
import { guardStepUps, refuseUnguarded } from './step-up.js';
import { refuseWhileClosed } from './while-closed.js';
import { ProblemFilter, sendProblem } from './problem.js';
import { takeStreamedBodies } from './streamed-body.js';
import { watchRefusals } from './refused-calls.js';
import type { RefusedCall } from './refused-calls.js';

/** Largest body in bytes. */
export const BODY_LIMIT = 1024 * 1024;

export interface HttpServiceOptions extends Pick<VerifierOptions, 'rules' | 'seen' | 'subjectKey'> {
  readonly api: ApiDescription;
  /** Served at `/openapi.json` in the place of the service's own document: the one of all services. */
  readonly mergedDocument?: string | undefined;
  readonly module: Type | DynamicModule;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Under which fingerprints of calls are made; all instances have the same. */
  readonly fingerprintKey: Uint8Array;
  /** Listens with TLS; plain HTTP without. */
  readonly tls?: SecureContextOptions | undefined;
  /** Where a call needs a step-up: whose are taken, and how they are verified. */
  readonly stepUps?: Omit<StepUpVerifierOptions, 'clock'> | undefined;
  /** Whose word about the caller's address is believed. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** How often one may call; unlimited without. */
  readonly limits?: AccessLimits | undefined;
  /** Told of every call that is refused because of who makes it. */
  readonly refused?: ((call: RefusedCall) => void) | undefined;
  /** Why no call can be answered at present, if none can. */
  readonly closed?: (() => HeedError | undefined) | undefined;
  /** Names what is not ready; empty when all is. */
  readonly notReady: () => Promise<readonly string[]>;
}

/**
 * A Nest application on Fastify with problem details, access by role, health, readiness, metrics, its OpenAPI document and a
 * span per call.
 * @throws when it is made, where a route is not described; when it starts, where one is served that the document does not know
 */
export async function createHttpService(options: HttpServiceOptions): Promise<NestFastifyApplication> {
  const { logger } = options;
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    ...(options.tls ? { https: options.tls } : {}),
    trustProxy: [...(options.trustedProxies ?? ['loopback'])],
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    frameworkErrors: (error: Error, _: FastifyRequest, reply: FastifyReply) => sendProblem(reply, error, logger), // a path that cannot be decoded
  });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(['application/json'], { parseAs: 'buffer' }, async (_: unknown, body: Buffer) =>
    body.length === 0 ? undefined : parseJson(body),
  );
  fastify.addContentTypeParser(['application/yaml', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'], { parseAs: 'string' }, async (_: unknown, body: string) => body);
  takeStreamedBodies(fastify);
  fastify.decorate('fingerprint', fingerprintUnder(options.fingerprintKey));
  fastify.addHook('onRequest', async (request) => {
    const incoming = request.headers['traceparent'];
    request.span = openSpan(`${request.method} ${request.routeOptions.url ?? 'unknown'}`, {
      kind: SpanKind.SERVER,
      traceparent: typeof incoming === 'string' ? incoming : undefined,
    });
  });
  const document = describeApi(options.api, options.module);
  serveOnlyWhatIsDescribed(fastify, document);
  refuseWhileClosed(fastify, options.closed);
  watchRefusals(fastify, options.refused);
  guardAccess(fastify, new TokenVerifier(options), options.limits);
  if (options.stepUps) guardStepUps(fastify, new StepUpVerifier({ ...options.stepUps, clock: options.clock }));
  else refuseUnguarded(document);
  fastify.addHook('onResponse', async (request, reply) => {
    request.span?.end(reply.statusCode >= 500);
    httpDuration.observe({ route: request.routeOptions.url ?? 'unknown', status: reply.statusCode }, reply.elapsedTime / 1000);
  });

  const app = await NestFactory.create<NestFastifyApplication>(options.module, adapter, { bodyParser: false, logger: ['error', 'warn'] });
  app.useGlobalFilters(new ProblemFilter(logger));
  collectProcessMetrics(options.api.service);
  fastify.get('/healthz', async () => ({ status: 'alive' }));
  const openApi = options.mergedDocument ?? JSON.stringify(document);
  fastify.get('/openapi.json', async (_, reply) => reply.header('content-type', 'application/json').send(openApi));
  fastify.get('/metrics', async (_, reply) => reply.header('content-type', metrics.contentType).send(await metrics.metrics()));
  fastify.get('/readyz', async (_, reply) => {
    const missing = await options.notReady();
    if (missing.length === 0) return { status: 'ready' };
    const error = new HeedError({ kind: 'unavailable', code: 'not_ready', detail: `Not ready: ${missing.join(', ')}.` });
    return sendProblem(reply, error, logger);
  });
  return app;
}
