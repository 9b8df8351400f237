import type { StepUp } from '@heed/auth';
import { uuidv7 } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import { malformed } from '@heed/kernel';
import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { Fingerprint } from './fingerprint.js';

/** What a use case knows of the HTTP call it answers. */
export interface Call {
  readonly tenant: string;
  /** The token's subject: who acts. */
  readonly actor: string;
  readonly roles: readonly string[];
  /** The session of the caller's token, as `/v1/sessions` knows it. */
  readonly sessionId?: string | undefined;
  readonly cause: Cause;
  /** The proof of presence that came with a privileged act; `runCall` lets it count once. */
  readonly stepUp?: StepUp | undefined;
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | undefined;
  /** Of what came with the call, for keeping: another one in each service and tenant. */
  readonly fingerprint: Fingerprint;
}

/** @example \@Post() post(\@FromCall() call: Call, \@Body() body: unknown) */
export const FromCall = createParamDecorator((_: unknown, context: ExecutionContext): Call => callOf(context.switchToHttp().getRequest<FastifyRequest>()));

export function callOf(request: FastifyRequest): Call {
  const correlationId = uuidv7();
  return {
    tenant: request.tenant ?? '',
    actor: request.principal?.subject ?? 'public',
    roles: request.principal?.roles ?? [],
    sessionId: request.sessionId,
    cause: { correlationId, ...(request.span?.traceparent ? { traceparent: request.span.traceparent } : {}) },
    stepUp: request.stepUp,
    idempotency: idempotencyOf(request),
    fingerprint: (content) => request.server.fingerprint([request.tenant, content]),
  };
}

function idempotencyOf(request: FastifyRequest): Call['idempotency'] {
  const header = request.headers['idempotency-key'];
  if (header === undefined || request.method !== 'POST') return undefined;
  if (request.body instanceof Readable) return undefined; // its lines have keys of their own
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(header)) {
    throw malformed('idempotency_key_malformed', 'Idempotency-Key takes 1 to 128 printable ASCII characters without spaces.');
  }
  const fingerprint = request.server.fingerprint([request.tenant, request.url, request.principal?.subject, request.body ?? null]);
  return { key: header, fingerprint };
}
