import { z } from 'zod';

/** No access token lives longer, whatever a policy says: services refuse it. */
export const LONGEST_TOKEN_SECONDS = 15 * 60;

/** One client of the local issuer: whose tokens it may ask for, and with which roles. */
export const issuerClient = z.strictObject({
  id: z.string().min(1),
  /** See `hashSecret`: the issuer never keeps the secret itself (ASK-18). */
  secretHash: z.string().startsWith('$argon2id$'),
  /** People's clients choose among these by `scope`; machines always get all of theirs. */
  roles: z.array(z.string()).min(1),
  chooses: z.boolean(),
  tenant: z.string().optional(),
  /** How long its tokens live: what its tenant's policy allows (ASK-18); a service works for all of them. */
  tokenSeconds: z.int().min(1).max(LONGEST_TOKEN_SECONDS),
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

/** A tenant as the issuer knows it. */
export interface IssuerTenant {
  readonly id: string;
  readonly tokenSeconds: number;
}

export function clientsOf(tenants: readonly IssuerTenant[], services: readonly string[]): ClientGrant[] {
  const people = tenants.map(({ id, tokenSeconds }) => ({ id: cliClientId(id), roles: [...PEOPLE_ROLES], chooses: true, tenant: id, tokenSeconds }));
  const agents = tenants.map(({ id, tokenSeconds }) => ({ id: agentClientId(id), roles: ['agent'], chooses: false, tenant: id, tokenSeconds }));
  const shortest = Math.min(LONGEST_TOKEN_SECONDS, ...tenants.map((tenant) => tenant.tokenSeconds));
  const machines = services.map((service) => ({ id: serviceClientId(service), roles: ['service'], chooses: false, tokenSeconds: shortest }));
  return [...people, ...agents, ...machines];
}

/** The claims of Heed in a token: which tenant, which roles. A person who names no scope gets no role. */
export function heedClaims(client: ClientGrant | undefined, scope: string | undefined): Record<string, unknown> {
  if (client === undefined) return { roles: [] };
  const asked = new Set((scope ?? '').split(' '));
  const roles = client.chooses ? client.roles.filter((role) => asked.has(role)) : client.roles;
  return { roles, ...(client.tenant === undefined ? {} : { tenant: client.tenant }) };
}
