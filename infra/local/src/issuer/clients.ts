import { z } from 'zod';

/** One client of the local issuer: whose tokens it may ask for, and with which roles. */
export const issuerClient = z.strictObject({
  id: z.string().min(1),
  /** See `hashSecret`: the issuer never keeps the secret itself (ASK-18). */
  secretHash: z.string().startsWith('$argon2id$'),
  /** People's clients choose among these by `scope`; machines always get all of theirs. */
  roles: z.array(z.string()).min(1),
  chooses: z.boolean(),
  tenant: z.string().optional(),
});
export type IssuerClient = z.infer<typeof issuerClient>;
/** What a client may ask for, before it has a secret. */
export type ClientGrant = Omit<IssuerClient, 'secretHash'>;

/** The roles of people. */
export const PEOPLE_ROLES = ['platform', 'analyst', 'dpo', 'tenant-admin', 'operator', 'auditor'] as const;

/** The client a person of the tenant uses through `heed token`. */
export const cliClientId = (tenant: string): string => `cli.${tenant}`;
export const serviceClientId = (service: string): string => `svc.${service}`;
export const agentClientId = (tenant: string): string => `agent.${tenant}`;

export function clientsOf(tenants: readonly string[], services: readonly string[]): ClientGrant[] {
  const people = tenants.map((tenant) => ({ id: cliClientId(tenant), roles: [...PEOPLE_ROLES], chooses: true, tenant }));
  const agents = tenants.map((tenant) => ({ id: agentClientId(tenant), roles: ['agent'], chooses: false, tenant }));
  const machines = services.map((service) => ({ id: serviceClientId(service), roles: ['service'], chooses: false }));
  return [...people, ...agents, ...machines];
}

/** The claims of Heed in a token: which tenant, which roles. A person who names no scope gets no role. */
export function heedClaims(client: ClientGrant | undefined, scope: string | undefined): Record<string, unknown> {
  if (client === undefined) return { roles: [] };
  const asked = new Set((scope ?? '').split(' '));
  const roles = client.chooses ? client.roles.filter((role) => asked.has(role)) : client.roles;
  return { roles, ...(client.tenant === undefined ? {} : { tenant: client.tenant }) };
}
