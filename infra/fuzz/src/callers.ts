import { readFile } from 'node:fs/promises';
import { ClientCredentials } from '@heed/auth';
import { fetchLocalToken, PEOPLE_ROLES } from '@heed/local';
import type { LocalSystem } from '@heed/local';

/** Somebody who calls: the headers that say who it is. */
export interface Caller {
  readonly name: string;
  /** Fetched when its turn comes: tokens are short-lived. */
  headers(): Promise<Record<string, string>>;
}

/** Nobody, each role of people alone, all of them together, and Heed's own two: each with the least it needs to be let in. */
export function callers(system: LocalSystem, tenant: string): readonly Caller[] {
  const { home, context } = system;
  const person = (name: string, roles: readonly string[]): Caller => ({
    name,
    headers: async () => bearer(await fetchLocalToken(home, context.issuer, tenant, roles)),
  });
  const machine = (name: string, clientId: string, more: Record<string, string>): Caller => ({
    name,
    headers: async () => {
      const secrets = JSON.parse(await readFile(home.secrets(), 'utf8')) as { clients: Record<string, string> };
      const clientSecret = secrets.clients[clientId] ?? '';
      const token = await new ClientCredentials({ issuer: context.issuer, clientId, clientSecret, audience: 'heed' }).get();
      return { ...bearer(token), ...more };
    },
  });
  return [
    { name: 'nobody', headers: async () => ({}) },
    ...PEOPLE_ROLES.map((role) => person(role, [role])),
    person('all people’s roles', PEOPLE_ROLES),
    machine('agent', `agent.${tenant}`, {}),
    machine('service', 'svc.consent', { 'x-heed-tenant': tenant }),
  ];
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
