import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Subject } from '../subject.js';
import { gate, PROBLEM_TYPE } from './gate.js';
import type { Answering, GateOptions } from './gate.js';

type Who = (request: FastifyRequest) => Subject | undefined;

/**
 * A hook for `preHandler`: the route runs only where its person agreed.
 * @example app.get('/recommendations', { preHandler: requireConsent(heed, 'analytics', (r) => byUserId(r.user.id)) }, handler)
 */
export function requireConsent(heed: Answering, purpose: string, who: Who, options?: GateOptions<FastifyRequest>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const problem = await gate(heed, purpose, who(request), request, options);
    return problem ? reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem)) : undefined;
  };
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needed before the route's handler runs. */
    consent?: string;
  }
}

/**
 * A plugin by which routes name the purpose they follow.
 * @example
 * await app.register(heedConsent, { heed, who: (request) => byUserId(request.user.id) });
 * app.get('/recommendations', { config: { consent: 'analytics' } }, handler);
 */
export async function heedConsent(app: FastifyInstance, { heed, who, ...options }: { readonly heed: Answering; readonly who: Who } & GateOptions<FastifyRequest>): Promise<void> {
  app.addHook('preHandler', async (request, reply) => {
    const purpose = request.routeOptions.config.consent;
    return purpose === undefined ? undefined : requireConsent(heed, purpose, who, options)(request, reply);
  });
}
// For the whole application, not for a scope of its own.
Object.assign(heedConsent, { [Symbol.for('skip-override')]: true });
