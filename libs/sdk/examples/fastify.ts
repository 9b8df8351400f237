import { byUserId, type Heed } from '@heed/sdk';
import { heedConsent, requireConsent } from '@heed/sdk/fastify';
import { fastify, type FastifyInstance } from 'fastify';

/** Who is logged in; here a header says so. */
const userOf = (headers: Record<string, unknown>) => (typeof headers['x-user'] === 'string' ? byUserId(headers['x-user']) : undefined);

/** Routes name the purpose that they follow; the plugin lets only those through who agreed to it. */
export async function shop(heed: Heed): Promise<FastifyInstance> {
  const app = fastify();
  await app.register(heedConsent, { heed, who: (request) => userOf(request.headers) });
  app.get('/recommendations', { config: { consent: 'analytics' } }, async () => ({ items: ['a lamp', 'a chair'] }));
  app.get('/orders', async () => ({ items: [] })); // needs nobody's consent
  // One by one, with more than the logged-in user to go by:
  const readers = requireConsent(heed, 'marketing_email', (request) => userOf(request.headers), { place: (request) => ({ domain: request.hostname }) });
  app.get('/newsletter', { preHandler: readers }, async () => ({ next: 'Friday' }));
  return app;
}
