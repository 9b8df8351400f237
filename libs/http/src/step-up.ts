import { STEP_UP, STEP_UP_HEADER } from '@heed/auth';
import type { GuardedAct, StepUp, StepUpVerifier } from '@heed/auth';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { OpenApiDocument } from './openapi/document.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Verified for this caller, this act and this resource; not yet used up. */
    stepUp?: StepUp;
  }
}

/** Acts in the table of step-ups are done only by somebody who has just proven to be there (AJU-48, AJU-49). */
export function guardStepUps(fastify: FastifyInstance, verifier: StepUpVerifier): void {
  // After the body is read: an act may be on what the body names.
  fastify.addHook('preHandler', async (request) => {
    const guarded = STEP_UP[`${request.method} ${request.routeOptions.url}`];
    if (!guarded) return;
    const header = request.headers[STEP_UP_HEADER];
    request.stepUp = await verifier.verify(typeof header === 'string' ? header : undefined, {
      tenant: request.tenant ?? '',
      subject: request.principal?.subject ?? '',
      act: guarded.act,
      resource: resourceOf(request, guarded),
    });
  });
}

function resourceOf(request: FastifyRequest, { resource }: GuardedAct): string {
  if (resource === 'tenant') return request.tenant ?? '';
  for (const part of [request.params, request.body]) {
    const named = typeof part === 'object' && part !== null ? (part as Readonly<Record<string, unknown>>)[resource] : undefined;
    if (typeof named === 'string') return named;
  }
  return ''; // names nothing: no step-up is for it, and the handler would refuse the body
}

/** @throws where a service that cannot verify step-ups would serve a call that needs one */
export function refuseUnguarded({ paths }: OpenApiDocument): void {
  const guarded = Object.entries(paths).flatMap(([path, operations]) => Object.entries(operations).flatMap(([method, one]) => (one['x-step-up'] ? [`${method.toUpperCase()} ${path}`] : [])));
  if (guarded.length > 0) throw new Error(`${guarded.join(', ')} needs step-ups: set HEED_REGISTRY_URL to where their keys are read`);
}
