import { ClientCredentials, Heed } from '@heed/e2e';
import { eventually } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A call of each service that an agent's token may not make, and how it is told apart from a dead one: 403, not 401. */
const CALLS = { consent: '/v1/purposes', dsar: '/v1/requests', retention: '/v1/schedules', 'subprocessor-registry': '/v1/policies', notifications: '/v1/messages' };
/** What is promised to people in docs/access.md. */
const DEAD_WITHIN_MS = 5000;

let heed: Heed;
beforeAll(async () => {
  heed = await Heed.start();
});
afterAll(() => heed.stop());

async function agentToken(): Promise<string> {
  const { secrets, issuer } = heed.system.context;
  return new ClientCredentials({ issuer, clientId: 'agent.aurigen', clientSecret: secrets.clients['agent.aurigen'] ?? '', audience: 'heed' }).get();
}

/** By service, the code that it refuses the token with. */
async function refusals(token: string): Promise<Record<string, unknown>> {
  const answers = Object.entries(CALLS).map(async ([service, path]) => {
    const response = await fetch(heed.system.origin + path, { headers: { authorization: `Bearer ${token}` } });
    return [service, ((await response.json()) as { code?: unknown }).code] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}

const everywhere = (code: string): Record<string, string> => Object.fromEntries(Object.keys(CALLS).map((service) => [service, code]));

async function applicationId(): Promise<string> {
  return eventually(async () => {
    const { body } = await heed.call('aurigen', 'GET', '/v1/applications?limit=100');
    return String((body['items'] as { id: string; client: string }[]).find(({ client }) => client === 'agent.aurigen')?.id ?? '') || false;
  }, { timeoutMs: 30_000 });
}

describe('a revoked application', () => {
  it('AUR-08: its token is dead within five seconds in every service, stays dead after a restart, and lives again when it is restored', async () => {
    const token = await agentToken();
    expect(await refusals(token)).toEqual(everywhere('role_missing'));
    const id = await applicationId();

    expect((await heed.call('aurigen', 'POST', `/v1/applications/${id}/revoke`)).body).toMatchObject({ client: 'agent.aurigen', state: 'revoked' });
    await eventually(async () => expect(await refusals(token)).toEqual(everywhere('token_revoked')), { timeoutMs: DEAD_WITHIN_MS });
    expect(await refusals(await agentToken()), 'a new token of it').toEqual(everywhere('token_revoked'));

    await heed.system.part('consent').restart();
    await heed.system.part('dsar').restart();
    await eventually(async () => expect(await refusals(token)).toEqual(everywhere('token_revoked')), { timeoutMs: 60_000 });

    expect((await heed.call('aurigen', 'POST', `/v1/applications/${id}/restore`)).body).toMatchObject({ state: 'active' });
    await eventually(async () => expect(await refusals(token)).toEqual(everywhere('role_missing')), { timeoutMs: DEAD_WITHIN_MS });
  });

  it('is dead in its own tenant alone', async () => {
    expect((await heed.call('ajuni', 'GET', '/v1/policies')).status).toBe(200);
    const { body } = await heed.call('ajuni', 'GET', '/v1/applications?limit=100');
    expect((body['items'] as { client: string }[]).map(({ client }) => client)).not.toContain('agent.aurigen');
  });
});
